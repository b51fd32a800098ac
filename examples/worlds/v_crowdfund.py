"""Crowdfunding: pledges as sagas over card holds (some with a challenge that returns by webhook), an outbox, live counters, campaign closing
with one capture a pledge and a join, cancelled pledges, updates to backers."""
import json
from world import *


def ms3(r): return f"{r.time.microsecond // 1000:03d}"
def pylevel(r): return "WARNING" if r.level == "WARN" else r.level


def caddy(r):            # edge: Caddy's structured access log
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 7), "logger": "http.log.access.log0" if "uri" in r.fields else "tls.cache.maintenance", "msg": r.message}
    f = dict(r.fields)
    if "uri" in f:
        d["request"] = {"remote_ip": f["ip"], "remote_port": str(f["port"]), "proto": "HTTP/2.0", "method": f["method"], "host": "api.backit.example", "uri": f["uri"]}
        if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
        d |= {"bytes_read": f["read"], "user_id": "", "duration": round(f["took"], 9), "size": f["size"], "status": f["status"]}
    return json.dumps(d, separators=(",", ":"))


def loguru_json(r):      # pledges: loguru with serialize=True, a subset of its record
    x = dict(r.fields)
    fn, line = x.pop("fn", "lifespan"), x.pop("line", 20)
    if r.trace_id: x["otel"] = {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: x["traceparent"] = r.incoming
    name = "httpx._client" if r.logger == "httpx" else "pledges." + r.logger
    t = f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}+00:00"
    return json.dumps({"text": f"{t[:-9]} | {pylevel(r):<8} | {name}:{fn}:{line} - {r.message}\n", "record": {"extra": x, "function": fn, "level": {"name": pylevel(r), "no": {"DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40}[r.level]},
                       "line": line, "message": r.message, "name": name, "process": {"id": r.pid, "name": "MainProcess"}, "time": {"repr": t, "timestamp": round(r.ns / 1e9, 6)}}})


def bars(r):             # payments: aiohttp and std logging, bars between
    ids = f"{r.trace_id}|{r.span_id}" if r.trace_id else "|"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)}|{pylevel(r)}|{r.logger}|{ids}|{r.message}" + (f"|in={r.incoming_parent}" if r.incoming_parent else "")


def tracing(r):          # acquirer: Rust, tracing-subscriber's default
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and not v.replace('_', '').isalnum() else v}" for k, v in r.fields.items())
    span = f" request{{trace_id={r.trace_id} span_id={r.span_id}{' parent_id=' + r.incoming_parent if r.incoming_parent else ''}}}:" if r.trace_id else ""
    return f"{isoz(r, 6)} {r.level:>5}{span} acquirer::{r.logger}: {r.message}{kv}"


def slogfmt(r):          # risk: structlog's LogfmtRenderer
    q = lambda v: json.dumps(str(v)) if " " in str(v) or "=" in str(v) else ("true" if v is True else "false" if v is False else v)
    d = {"timestamp": isoz(r, 6), "level": pylevel(r).lower(), "event": r.message, **r.fields}
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parent"] = r.incoming_parent
    return " ".join(f"{k}={q(v)}" for k, v in d.items())


def letter(r):           # ledger: pika under a homemade format
    ids = f" <{r.trace_id}.{r.span_id}>" if r.trace_id else " <>"
    return f"{r.level[0]} {r.time:%m-%d %H:%M:%S}.{ms3(r)} [{r.fields.get('t', 'consumer-%d' % (r.thread % 2))}] {r.logger}{ids}: {r.message}" + (f" (remote parent {r.incoming_parent})" if r.incoming_parent else "")


def stackdriver(r):      # campaigns: Django on Google Cloud
    d = {"severity": pylevel(r), "message": r.message, "time": isoz(r, 6), "logger": r.logger}
    if r.fields: d["jsonPayload"] = r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/backit-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["httpRequest"] = {"traceparent": r.incoming}
    return json.dumps(d)


def arq(r):              # mailer: arq's own format, times of day
    t = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    return f"{r.time:%H:%M:%S}: {r.message}{t}" + (f" parent_id={r.incoming_parent}" if r.incoming_parent else "")


def winston(r):          # live: Node, winston printf
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{isoz(r)} {r.level.lower()}: {r.message}" + (" " + json.dumps(f, separators=(",", ":")) if f else "")


def build(w):
    w.network_ms, w.broker_ms = 1.8, 8
    w.new_message_id = lambda: "01K" + "".join(w.ids.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(23))
    edge = w.service("edge", caddy)
    plg = w.service("pledges", loguru_json, errors=lambda c, e: c.log.error(f"Unhandled error in subscriber: {e}", logger="bus", fn="_dispatch", line=77, exception=f"RuntimeError: {e}"))
    pay = w.service("payments", bars, errors=lambda c, e: c.log.error(f"capture consumer failed\nTraceback (most recent call last):\n  File \"/srv/payments/consumer.py\", line 112, in on_message\n    await self.handlers[msg.routing_key](msg)\nRuntimeError: {e}", logger="payments.consumer"))
    acq = w.service("acquirer", tracing)
    risk = w.service("risk", slogfmt)
    led = w.service("ledger", letter, errors=lambda c, e: c.log.error(f"basic_nack requeue=False: {e}", logger="ledger.amqp"))
    camp = w.service("campaigns", stackdriver, errors=lambda c, e: c.log.error(f"Task raised unexpected: RuntimeError('{e}')", logger="celery.app.trace"))
    mail = w.service("mailer", arq, errors=lambda c, e: c.log.error(f"  0.02s ! {c.rng.getrandbits(64):016x}:send_mail failed, RuntimeError: {e}"))
    live = w.service("live", winston, errors=lambda c, e: c.log.error("subscriber threw", err=str(e)))

    ALPHA = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
    def token(p, k=10): return p + "".join(w.rng.choice(ALPHA) for _ in range(k))
    w.slugs = ["tiny-synth", "oak-bicycle", "moon-atlas", "bread-club", "night-radio", "river-board-game", "pocket-loom", "bee-cam"]
    cid = {s: 3100 + 7 * i for i, s in enumerate(w.slugs)}
    totals, goal = {s: w.rng.randrange(500, 4000) for s in w.slugs}, 6000
    w.pledges, holds, outbox, closing = {}, {}, [], {}
    n = {"je": w.rng.randrange(51000, 60000), "auth": w.rng.randrange(200000, 800000), "close": 0}

    # ------------------------------------------------------------ edge
    @edge.http("ANY *")
    async def proxy(c, b):
        method, uri = b["_route"].split(" ")
        to = "campaigns" if uri.startswith("/projects") else "pledges"
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("handled request", ip=f"93.{c.rng.randrange(200)}.17.{c.rng.randrange(250)}", port=c.rng.randrange(20000, 65000), method=method, uri=uri, read=c.rng.randrange(0, 400), took=c.elapsed_ms() / 1000, size=c.rng.randrange(80, 900), status=st)
        return st, a
    edge.noise(13, lambda l: l.info("cleaning storage unit"))

    # ------------------------------------------------------------ pledges
    async def confirmed(c, p):
        async with c.span("tx pledge+outbox", "CLIENT") as s:
            await s.work(6)
            s.log.debug("UPDATE pledge SET state='active' WHERE id=$1; INSERT INTO outbox(topic, key) VALUES ('pledge.made', $1)", logger="db", fn="execute", line=31, args=[p["id"]])
        p["state"] = "active"
        outbox.append((c, "pledge.made", p))

    async def relay():
        while not w.closing:
            await sleep(300)
            rows, outbox[:] = list(outbox), []
            for c, topic, p in rows:
                async with c.producer(topic) as k:
                    mid = await k.send({x: p[x] for x in ("id", "slug", "cents", "backer", "hold")})
                    k.log.info(f"outbox → {topic}", logger="outbox", fn="relay", line=48, pledge_id=p["id"], message_id=mid)
    w.background.append(relay)

    @plg.http("POST /pledges")
    async def pledge(c, b):
        p = {"id": token("plg_"), "slug": b["slug"], "cents": b["cents"], "backer": b["backer"], "state": "new", "hold": None}
        w.pledges[p["id"]] = p
        lg = c.log
        lg.info(f"Pledge {p['id']}: {b['cents'] / 100:.2f} EUR for {b['slug']}", logger="api", fn="create_pledge", line=64, backer=b["backer"], incoming=True)
        async with c.span("UPDATE reward", "CLIENT") as s:
            await s.work(5)
            if c.rng.random() < 0.05:
                s.log.warning("reward sold out", logger="rewards", fn="take", line=22, project=b["slug"])
                return 409, {}
            s.log.debug("reward reserved", logger="rewards", fn="take", line=25, project=b["slug"], pledge_id=p["id"])
        async def score():
            async with c.client("risk", "POST /score") as h:
                _, a = await h.send({"backer": b["backer"], "cents": b["cents"], "ref": p["id"]})
                h.log.debug(f"HTTP Request: POST http://risk:9000/score \"HTTP/1.1 200 OK\" ({h.elapsed_ms():.1f} ms)", logger="httpx", fn="_send", line=1013)
                return a["score"]
        async def hold():
            async with c.client("payments", "POST /holds") as h:
                return await h.send({"ref": p["id"], "cents": b["cents"]})
        sc, (st, a) = await asyncio.gather(score(), hold())
        p["hold"] = a.get("hold")
        if sc > 90 and a["state"] == "held":
            lg.warning(f"risk score {sc} for {p['id']}, hold {p['hold']} is given back", logger="saga", fn="compensate", line=118)
            await c.call("payments", f"POST /holds/{p['hold']}/void")
            p["state"] = "refused"
            return 402, {"id": p["id"]}
        if a["state"] == "declined":
            async with c.span("release reward", "CLIENT") as s:
                await s.work(4)
                s.log.info("reward given back", logger="rewards", fn="release", line=37, pledge_id=p["id"])
            p["state"] = "refused"
            lg.info(f"{p['id']} refused: card declined", logger="saga", fn="run", line=96)
            return 402, {"id": p["id"]}
        if a["state"] == "challenge":
            p["state"] = "pending"
            lg.info("awaiting challenge", logger="saga", fn="run", line=101, pledge_id=p["id"], hold=p["hold"])
            return 202, {"id": p["id"]}
        await confirmed(c, p)
        lg.info(f"{p['id']} active", logger="saga", fn="run", line=109, took_ms=round(c.elapsed_ms(), 1))
        return 201, {"id": p["id"]}

    @plg.consumer("hold.settled")
    async def settled(c, m):
        p = w.pledges[m.body["ref"]]
        c.log.info(f"challenge of {p['id']} ended: {m.body['result']}", logger="saga", fn="on_settled", line=140, message_id=m.id, incoming=True)
        if m.body["result"] == "held": await confirmed(c, p)
        else:
            p["state"] = "refused"
            async with c.span("release reward", "CLIENT") as s:
                await s.work(4)
            await c.publish("mail", {"tpl": "challenge_failed", "to": p["backer"]})

    @plg.http("DELETE /pledges/{id}")
    async def cancel(c, b):
        p = w.pledges[b["_route"].split("/")[-1]]
        if p["state"] != "active":
            c.log.warning(f"cannot cancel {p['id']} in state {p['state']}", logger="api", fn="cancel_pledge", line=88, incoming=True)
            return 409, {}
        p["state"] = "cancelled"
        async with c.client("payments", f"POST /holds/{p['hold']}/void") as h:
            st, _ = await h.send()
            h.log.debug(f'HTTP Request: POST http://payments:8080/holds/{p["hold"]}/void "HTTP/1.1 {st} OK"', logger="httpx", fn="_send", line=1013)
        async with c.producer("pledge.cancelled") as k:
            await k.send({x: p[x] for x in ("id", "slug", "cents", "backer", "hold")})
            k.log.info("pledge cancelled by backer", logger="api", fn="cancel_pledge", line=94, pledge_id=p["id"], backer=p["backer"])
        return 204, {}

    @plg.http("GET /pledges/{id}")
    async def show(c, b):
        i = b["_route"].split("/")[-1]
        async with c.span("SELECT pledge", "CLIENT") as s:
            await s.work(2)
            s.log.debug("SELECT * FROM pledge WHERE id=$1", logger="db", fn="execute", line=31, args=[i])
        return 200, {}
    plg.noise(6, lambda l: l.debug(f"outbox lag {w.rng.randrange(0, 300)} ms", logger="outbox", fn="gauge", line=70))

    # ------------------------------------------------------------ payments
    def acc(c, b, st): c.log.info(f'10.4.0.{c.thread} "{b["_route"]} HTTP/1.1" {st} {c.rng.randrange(40, 220)} {c.elapsed_ms() / 1000:.6f}', logger="aiohttp.access", incoming=True)

    @pay.http("POST /holds")
    async def hold(c, b):
        h = token("hold_", 8)
        c.log.info(f"hold_create hold={h} ref={b['ref']} amount={b['cents']} currency=EUR", logger="payments.holds")
        async with c.client("acquirer", "POST /authorizations") as k:
            st, a = await k.send({"merchant_ref": h, "amount": b["cents"], "pledge": b["ref"]})
            k.log.info(f"acquirer hold={h} http={st} rc={a['rc']} auth={a.get('auth', '-')}", logger="payments.acquirer")
        state = {"00": "held", "05": "declined", "65": "challenge"}[a["rc"]]
        holds[h] = {"ref": b["ref"], "auth": a.get("auth"), "state": state, "cents": b["cents"]}
        async with c.span("INSERT hold", "CLIENT") as s:
            await s.work(5)
        acc(c, b, 201)
        return 201, {"hold": h, "state": state}

    @pay.http("POST /holds/{hold}/void")
    async def void(c, b):
        h = b["_route"].split("/")[2]
        async with c.client("acquirer", f"POST /authorizations/{holds[h]['auth']}/reverse") as k:
            k.log.info(f"reversing auth={holds[h]['auth']} hold={h}", logger="payments.acquirer")
            await k.send()
        holds[h]["state"] = "void"
        acc(c, b, 200)
        return 200, {}

    @pay.http("POST /webhooks/acquirer")
    async def webhook(c, b):
        h = b["merchant_ref"]
        c.log.info(f"webhook event={b['event']} hold={h} signature=ok", logger="payments.webhooks")
        holds[h] |= {"state": "held" if b["rc"] == "00" else "declined", "auth": b.get("auth")}
        async with c.span("UPDATE hold", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"UPDATE hold SET state='{holds[h]['state']}' WHERE id='{h}' -> 1", logger="asyncpg")
        await c.publish("hold.settled", {"ref": holds[h]["ref"], "result": holds[h]["state"]})
        acc(c, b, 200)
        return 200, {}

    @pay.consumer("capture.requested", retries=3, retry_ms=600, concurrency=4)
    async def capture(c, m):
        b = m.body
        c.log.info(f"capture try={m.attempt} hold={b['hold']} closing={b['closing']}", logger="payments.capture", incoming=True)
        async with c.client("acquirer", f"POST /authorizations/{holds[b['hold']]['auth']}/capture") as k:
            st, a = await k.send({"amount": b["cents"]})
            if st == 503: k.log.warning(f"acquirer 503, will retry hold={b['hold']}", logger="payments.acquirer")
            elif c.rng.random() < 0.6: k.log.debug(f"acquirer rc={a['rc']} hold={b['hold']}", logger="payments.acquirer")
        if st == 503 and m.attempt <= 3: raise Exception("503")
        ok = st == 200
        async with c.producer("capture.done") as p:
            await p.send({"pledge": b["pledge"], "ok": ok, "closing": b["closing"], "cents": b["cents"]})
            (p.log.info if ok else p.log.error)(f"{'captured' if ok else 'capture_failed'} hold={b['hold']} pledge={b['pledge']}", logger="payments.capture")
    pay.noise(5, lambda l: l.debug(f"pool size={w.rng.randrange(3, 10)} idle={w.rng.randrange(3)}", logger="asyncpg.pool"))

    # ------------------------------------------------------------ acquirer
    @acq.http("POST /authorizations")
    async def authorize(c, b):
        await c.work(120, 0.5)
        x = c.rng.random()
        n["auth"] += c.rng.randrange(1, 40)
        if x < 0.07:
            c.log.warning("declined", logger="auth", merchant_ref=b["merchant_ref"], rc="05", incoming=True)
            return 200, {"rc": "05"}
        if x < 0.27:
            c.log.info("step-up required", logger="auth", merchant_ref=b["merchant_ref"], incoming=True)
            c.spawn(challenge(c, b["merchant_ref"], str(n["auth"])))
            return 200, {"rc": "65"}
        c.log.info("approved", logger="auth", merchant_ref=b["merchant_ref"], auth=n["auth"], amount=b["amount"], incoming=True)
        return 200, {"rc": "00", "auth": str(n["auth"])}

    async def challenge(c, ref, auth):
        async with c.span("challenge") as s:
            await s.work(2400, 0.5)
            ok = c.rng.random() > 0.2
            s.log.info("challenge completed" if ok else "challenge abandoned", logger="acs", merchant_ref=ref, elapsed_ms=round(s.elapsed_ms()))
        for k in (1, 2, 3):
            async with c.client("payments", "POST /webhooks/acquirer") as h:
                if c.rng.random() < 0.12:
                    await h.work(300)
                    h.log.warning("webhook delivery failed, operation timed out", logger="webhook", attempt=k, merchant_ref=ref)
                    continue
                st, _ = await h.send({"event": "authorization.updated", "merchant_ref": ref, "rc": "00" if ok else "05", "auth": auth if ok else None})
                h.log.debug("webhook delivered", logger="webhook", status=st, attempt=k)
                break

    @acq.http("POST /authorizations/{auth}/capture")
    async def capt(c, b):
        await c.work(90, 0.5)
        x, a = c.rng.random(), b["_route"].split("/")[2]
        if x < 0.1: return 503, {"rc": "91"}
        c.log.info("captured" if x > 0.14 else "capture refused, authorization expired", logger="capture", auth=a, incoming=True)
        return (200, {"rc": "00"}) if x > 0.14 else (409, {"rc": "54"})

    @acq.http("POST /authorizations/{auth}/reverse")
    async def reverse(c, b):
        await c.work(60)
        c.log.info("reversed", logger="auth", auth=b["_route"].split("/")[2], incoming=True)
        return 200, {}
    acq.noise(6, lambda l: l.debug("hsm session alive", logger="hsm", slot=w.rng.randrange(4)))

    # ------------------------------------------------------------ risk
    @risk.http("POST /score")
    async def score(c, b):
        async with c.span("redis features", "CLIENT") as s:
            await s.work(2)
            if c.rng.random() < 0.5: s.log.debug("features fetched", user=b["backer"], n=c.rng.randrange(10, 40))
        async with c.span("predict") as s:
            await s.work(14)
            v = int(c.rng.betavariate(1, 5) * 110)
            s.log.info("predict", model="gbm-2026-08", score=v)
        c.log.info("request", path="/score", status=200, subject=b["ref"], ms=round(c.elapsed_ms(), 2), incoming=True)
        return 200, {"score": v}
    risk.noise(8, lambda l: l.info("model reloaded", model="gbm-2026-08", changed=False))

    # ------------------------------------------------------------ ledger
    def booker(topic, sign, text):
        @led.consumer(topic)
        async def book(c, m):
            n["je"] += 1
            async with c.span("INSERT journal", "CLIENT") as s:
                await s.work(9)
                if sign > 0: s.log.debug(f"executemany INSERT INTO journal_line (entry, account, dr, cr) 2 rows", logger="psycopg.pq")
            c.log.info(f"JE-{n['je']} {text} {m.body['cents']} for {m.body['id']} (delivery {m.id})", logger="ledger.book", incoming=True)
    booker("pledge.made", 1, "pledged")
    booker("pledge.cancelled", -1, "reversed")

    @led.consumer("payout.requested")
    async def payout(c, m):
        b = m.body
        c.log.info(f"Payout for campaign #{b['campaign']} requested: {b['cents']} cents net of 5% fee", logger="ledger.payout", incoming=True)
        for leg in ("fee", "vat", "transfer"):
            async with c.span(f"book {leg}") as s:
                n["je"] += 1
                await s.work(8)
                s.log.info(f"JE-{n['je']} {leg} closing {b['closing']}", logger="ledger.book")
        async with c.span("POST bank sepa", "CLIENT") as s:
            await s.work(260, 0.5)
            s.log.info(f"pain.001 accepted, EndToEndId {b['closing']}-{b['campaign']}", logger="ledger.bank")
        await c.publish("mail", {"tpl": "payout_sent", "to": b["campaign"]}, producer_span=False)
    led.noise(5, lambda l: l.debug("Sending heartbeat frame", logger="pika.heartbeat", t="MainThread"))

    # ------------------------------------------------------------ campaigns
    def count(topic, sign):
        @camp.consumer(topic, retries=2)
        async def total(c, m):
            b = m.body
            async with c.span("UPDATE campaign", "CLIENT") as s:
                await s.work(6)
                if c.rng.random() < 0.04 and m.attempt == 1:
                    s.log.warning("deadlock detected, retrying", logger="django.db", slug=b["slug"])
                    raise Exception("deadlock")
            before = totals[b["slug"]]
            totals[b["slug"]] += sign * b["cents"] // 100
            c.log.info("total changed", logger="campaigns.totals", campaign_id=cid[b["slug"]], pledge=b["id"], total=totals[b["slug"]], incoming=True)
            if before < goal <= totals[b["slug"]]:
                async with c.producer("campaign.funded") as p:
                    await p.send({"slug": b["slug"]})
                    p.log.info(f"{b['slug']} reached its goal!", logger="campaigns.totals", goal=goal)
    count("pledge.made", 1)
    count("pledge.cancelled", -1)

    @camp.http("POST /projects/{slug}/updates")
    async def update(c, b):
        slug = b["_route"].split("/")[2]
        async with c.span("INSERT update", "CLIENT") as s:
            await s.work(6)
            s.log.debug('(0.005) INSERT INTO "campaigns_update" ("campaign_id", "title") VALUES (%s, %s)', logger="django.db.backends", params=[cid[slug], b["title"]])
        u = f"upd-{c.rng.randrange(10000, 99999)}"
        async with c.producer("update.posted") as p:
            await p.send({"slug": slug, "update": u, "backers": [x["backer"] for x in w.pledges.values() if x["slug"] == slug and x["state"] == "active"][-5:]})
            p.log.info(f"update {u} posted for {slug}", logger="campaigns.updates")
        c.log.info(f'"POST /projects/{slug}/updates HTTP/1.1" 201 {c.rng.randrange(60, 200)}', logger="django.server", incoming=True)
        return 201, {}

    @camp.every(6, first=9)
    async def close_due_campaigns(c):
        slug = c.rng.choice(w.slugs)
        take = [p for p in w.pledges.values() if p["slug"] == slug and p["state"] == "active"][-5:]
        c.log.info(f"Scheduler: Sending due task close-due-campaigns ({len(take)} pledges of {slug})", logger="celery.beat")
        if not take: return
        n["close"] += 1
        cl = f"CL{w.base // NS % 1000:03d}-{n['close']:03d}"
        closing[cl] = {"left": len(take), "cents": 0, "slug": slug}
        async with c.span("UPDATE pledges closing", "CLIENT") as s:
            await s.work(10)
        for p in take:
            p["state"] = "closing"
            async with c.producer("capture.requested") as k:
                await k.send({"pledge": p["id"], "hold": p["hold"], "cents": p["cents"], "closing": cl})
                k.log.info("capture requested", logger="campaigns.closing", closing=cl, pledge=p["id"])

    @camp.consumer("capture.done")
    async def captured(c, m):
        b = m.body
        x = closing[b["closing"]]
        x["left"] -= 1
        w.pledges[b["pledge"]]["state"] = "paid" if b["ok"] else "failed"
        if b["ok"]: x["cents"] += b["cents"]
        await c.work(4)
        if not b["ok"]:
            c.log.warning("capture failed, backer will be asked for another card", logger="campaigns.closing", pledge=b["pledge"], incoming=True)
            await c.publish("mail", {"tpl": "card_failed", "to": w.pledges[b["pledge"]]["backer"]})
        if x["left"] == 0:
            c.log.info(f"closing {b['closing']} of {x['slug']} settled", logger="campaigns.closing", cents=x["cents"], incoming=b["ok"])
            async with c.producer("payout.requested") as p:
                await p.send({"campaign": cid[x["slug"]], "cents": x["cents"], "closing": b["closing"]})
        elif b["ok"]: c.log.debug("one more captured", logger="campaigns.closing", closing=b["closing"], left=x["left"], incoming=True)
    camp.noise(6, lambda l: l.info('"GET /healthz HTTP/1.1" 200 2', logger="django.server"))

    # ------------------------------------------------------------ mailer: arq
    async def job(c, name, args, jid):
        c.log.info(f"{c.rng.uniform(0.01, 0.6):6.2f}s → {jid}:{name}({args})", incoming=True)
        async with c.span("POST api.postmark/email", "CLIENT") as s:
            await s.work(95, 0.5)
            if c.rng.random() < 0.35: s.log.info(f"postmark MessageID {c.rng.getrandbits(128):032x}")
        c.log.info(f"{c.elapsed_ms() / 1000:6.2f}s ← {jid}:{name} ●")

    @mail.consumer("mail")
    async def one(c, m): await job(c, "send_mail", f"'{m.body['tpl']}', {m.body['to']}", m.id[-12:].lower())

    @mail.consumer("pledge.made")
    async def thanks(c, m): await job(c, "send_thanks", f"pledge='{m.body['id']}'", m.id[-12:].lower())

    @mail.consumer("update.posted")
    async def digest(c, m):
        jid = m.id[-12:].lower()
        c.log.info(f"{c.rng.uniform(0.01, 0.6):6.2f}s → {jid}:send_update('{m.body['update']}')", incoming=True)
        for backer in m.body["backers"]:
            async with c.span("POST api.postmark/email", "CLIENT") as s:
                await s.work(70)
                s.log.info(f"update {m.body['update']} mailed to backer {backer}")
        c.log.info(f"{c.elapsed_ms() / 1000:6.2f}s ← {jid}:send_update ● {len(m.body['backers'])}")
    mail.noise(9, lambda l: l.info(f"j_complete={w.rng.randrange(20, 300)} j_failed=0 j_retried=0 j_ongoing={w.rng.randrange(3)} queued=0"))

    # ------------------------------------------------------------ live
    for topic, word in (("pledge.made", "pledge"), ("pledge.cancelled", "unpledge"), ("campaign.funded", "confetti"), ("update.posted", "update")):
        @live.consumer(topic)
        async def push(c, m, word=word):
            await c.work(3)
            if word != "unpledge": c.log.debug(f"emit {word}", room=f"project:{m.body['slug']}", sockets=c.rng.randrange(200), incoming=True)
    live.noise(5, lambda l: l.info("ws clients", open=w.rng.randrange(200, 900)))


async def load(w):
    r = w.rng
    async def one(i):
        x = r.random()
        if x < 0.11: 
            await w.start("edge", f"POST /projects/{r.choice(w.slugs)}/updates", {"title": r.choice(["Prototype 2", "We are live", "Factory visit", "Stretch goal"])})
            return
        st, a = await w.start("edge", "POST /pledges", {"slug": r.choice(w.slugs), "cents": r.choice([500, 1500, 2500, 4900, 9900, 15000, 40000]), "backer": r.randrange(70000, 99999)})
        if "id" not in a: return
        for _ in range(r.choice([0, 0, 0, 1, 2])):
            await sleep(r.uniform(800, 3000))
            await w.start("edge", f"GET /pledges/{a['id']}", {})
        if r.random() < 0.14:
            await sleep(r.uniform(1000, 5000))
            await w.start("edge", f"DELETE /pledges/{a['id']}", {})
    await arrivals(w, 135, 4.5, one)
    await sleep(4000)

record(build, load, "v_crowdfund")
