"""Satellite telephony: calls with prepaid reservation, channel allocation and rating of call records; store-and-forward messages that wait
for a beam's pass and are tried again; distress bursts with a stream of positions; top-ups; handovers in batches."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)
def quoted(v): return json.dumps(str(v)) if any(c in str(v) for c in ' "=') or v == "" else v

def traefik(r):                   # portal: Traefik's access log as JSON, and its own messages
    f = dict(r.fields)
    if "RequestPath" not in f: return json.dumps({"level": r.level.lower(), "msg": r.message, "time": isoz(r, 0), **f}, separators=(",", ":"))
    d = {"ClientAddr": f"100.64.{r.ns % 199}.{r.ns % 241}:{20000 + r.ns % 40000}", **f, "entryPointName": "websecure", "level": "info", "msg": "", "time": isoz(r, 0)}
    if r.trace_id: d |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming: d["request_Traceparent"] = r.incoming
    return json.dumps(dict(sorted(d.items())), separators=(",", ":"))

def kamailio(r):                  # sipgw: Kamailio script log in syslog
    ids = f" [{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [from {r.incoming_parent}]"
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} sip-a kamailio[{r.pid}]: {{{r.thread} {1000 + r.thread * 3} INVITE}} {r.level.replace('WARN', 'WARNING')}: <{r.logger}>: {r.message}{ids}"

def tower(r):                     # subs: tracing-subscriber compact with tower-http's request span
    f = dict(r.fields)
    sp = f.pop("_req", "")
    tail = "".join(f" {k}={v}" for k, v in f.items())
    if r.trace_id: tail += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming_parent: tail += f" parent_span_id={r.incoming_parent}"
    return f"{isoz(r, 6)} {r.level:>5} {sp + ':' if sp else ''} {r.logger}: {r.message}{tail}".replace("  " + r.logger, " " + r.logger)

def slogrs(r):                    # beams: slog-term full format
    kv = "".join(f", {k}: {str(v).lower() if isinstance(v, bool) else v}" for k, v in r.fields.items())
    if r.trace_id: kv += f", span: {r.span_id}, trace: {r.trace_id}"
    if r.incoming: kv += f", traceparent: {r.incoming}"
    return f"{r.time:%b %d %H:%M:%S}.{ms(r)} {dict(DEBUG='DEBG', INFO='INFO', WARN='WARN', ERROR='ERRO')[r.level]} {r.message}{kv}"

def slogjson(r):                  # smsq: Go slog JSON handler with source
    d = {"time": isoz(r, 9), "level": r.level, "source": {"function": "main." + r.logger, "file": "/src/smsq/" + r.logger.split(".")[-1] + ".go", "line": 40 + len(r.message)}, "msg": r.message, **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def spdlog(r):                    # feeder: spdlog
    ids = f" (trace={r.trace_id} span={r.span_id})" if r.trace_id else ""
    if r.incoming: ids += f" (rx ctx={r.incoming})"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{ms(r)}] [{r.logger}] [{r.level.lower().replace('warn', 'warning')}] [{r.pid + r.thread}] {r.message}{ids}"

def stdlog(r):                    # cdr: Go's log package, microseconds, sarama's own logger beside it
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent={r.incoming_parent}"
    return f"{'[sarama] ' if r.logger == 'sarama' else 'cdr: '}{r.time:%Y/%m/%d %H:%M:%S}.{r.time.microsecond:06d} {r.message}{ids}"

def log15(r):                     # rating: log15
    f = dict(r.fields)
    if r.trace_id: f |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: f["up"] = r.incoming_parent
    return f"t={r.time:%Y-%m-%dT%H:%M:%S}.{ms(r)}+0000 lvl={dict(DEBUG='dbug', INFO='info', WARN='warn', ERROR='eror')[r.level]} msg={quoted(r.message)}" + "".join(f" {k}={quoted(v)}" for k, v in f.items())

def logrusjson(r):                # credits: logrus JSON with renamed keys
    d = {"@timestamp": isoz(r), "severity": r.level.lower().replace("warn", "warning"), "message": r.message, "labels": r.fields}
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/skytel/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["httpRequest"] = {"traceparent": r.incoming}
    return json.dumps(d)

def gokit(r):                     # sos: go-kit log
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: f["parent_span_id"] = r.incoming_parent
    return f"ts={isoz(r, 9)} caller={r.logger} level={r.level.lower()}" + "".join(f" {k}={quoted(v)}" for k, v in f.items()) + (f" msg={quoted(r.message)}" if r.message else "")


def build(w):
    w.network_ms, w.broker_ms = 1.2, 6
    off = {}
    def mid():
        p = w.rng.randrange(6)
        off[p] = off.get(p, 40_000 + p * 777) + 1
        return f"{p}@{off[p]}"
    w.new_message_id = mid

    portal = w.service("portal", traefik)
    sip = w.service("sipgw", kamailio, errors=lambda c, e: c.log.error(f"event_route failed: {e}", logger="core"))
    subs = w.service("subs", tower)
    beams = w.service("beams", slogrs, errors=lambda c, e: c.log.error("task panicked", error=e))
    smsq = w.service("smsq", slogjson, errors=lambda c, e: c.log.error("handler returned error, message terminated", err=str(e), logger="consumer"))
    feeder = w.service("feeder", spdlog, errors=lambda c, e: c.log.error(f"exception in worker: {e}", logger="modem"))
    cdr = w.service("cdr", stdlog, errors=lambda c, e: c.log.error(f"consume error: {e}", logger="cdr"))
    rating = w.service("rating", log15, errors=lambda c, e: c.log.error("rating failed", err=e))
    cred = w.service("credits", logrusjson, errors=lambda c, e: c.log.error("handler failed", error=str(e)))
    sos = w.service("sos", gokit, errors=lambda c, e: c.log.error("", err=e, logger="consumer.go:71"))

    r0 = w.rng
    w.phones = {f"+8816{r0.randrange(10**7, 10**8)}": {"imei": f"30125{r0.randrange(10**9, 10**10)}", "acct": f"AC-{r0.randrange(1000, 9999)}", "bal": r0.uniform(3, 60)} for _ in range(40)}
    w.sms, w.cases, w.calls, answered, waiting, busy = [], [], [], {}, [], {}
    n = {"call": r0.randrange(10**6), "sms": r0.randrange(10**5), "case": r0.randrange(200, 900)}

    # ------------------------------------------------------------ portal
    @portal.http("ANY *")
    async def proxy(c, b):
        verb, path = b["_route"].split(" ")
        to = {"sms": "smsq", "topups": "credits", "sos": "sos", "accounts": "credits"}[path.split("/")[1]]
        st, a = await c.call(to, b["_route"], b, client_span=False)
        c.log.info("", RequestMethod=verb, RequestPath=path, DownstreamStatus=st, OriginStatus=st, Duration=int(c.elapsed_ms() * 1e6), OriginDuration=int(c.elapsed_ms() * 0.93e6), RouterName=to + "@kubernetescrd", ServiceName=f"skytel-{to}-8080@kubernetescrd", RequestCount=c.rng.randrange(10**6), incoming=True)
        return st, a
    portal.noise(7, lambda l: l.debug("Skipping Kubernetes event kind *v1.Endpoints", providerName="kubernetescrd"))

    # ------------------------------------------------------------ sipgw
    @sip.http("SIP INVITE")
    async def invite(c, b):
        n["call"] += 1
        cid = f"{n['call']:x}-{c.rng.getrandbits(32):08x}@sip-a"
        c.log.info(f"new call ci={cid} fU={b['from']} rU={b['to']}", logger="script", incoming=True)
        async with c.client("subs", "POST /v2/authenticate") as k:
            st, s = await k.send({"phone": b["from"]})
            if st != 200: k.log.warning(f"http_async_query: reply {st}", logger="http_async_client")
        if st != 200:
            c.log.warning(f"403 Forbidden sent ci={cid}", logger="script")
            return 403, {}
        st, q = await c.call("credits", "POST /reservations", {"acct": s["acct"], "phone": b["from"], "ref": cid}, client_span=False)
        if st != 200:
            c.log.warning(f"402 Payment Required ci={cid} acct={s['acct']}", logger="script")
            return 402, {}
        ch = None
        for t in range(3):
            async with c.client("beams", "POST /channels") as k:
                st, a = await k.send({"imei": s["imei"], "for": cid})
                if st == 200: ch = a["channel"]
                else: k.log.warning(f"no channel (try {t + 1}/3) ci={cid}", logger="script")
            if ch: break
            await sleep(250 + 250 * t)
        if not ch:
            await c.call("credits", "DELETE /reservations", {"res": q["res"]})
            c.log.error(f"503 no radio resources ci={cid}", logger="script")
            return 503, {}
        answered[cid] = asyncio.get_running_loop().create_future()
        async with c.producer("call.setup") as p:
            await p.send({"call": cid, "channel": ch, "to": b["to"], "imei": s["imei"]})
            p.log.debug(f"kafka_send topic=call.setup key={cid}", logger="kafka")
        try: ok = await asyncio.wait_for(answered[cid], 4)
        except asyncio.TimeoutError:
            c.log.warning(f"408 no answer within 4s ci={cid}", logger="tm")
            ok = False
        if ok: c.log.info(f"200 OK relayed ci={cid} ch={ch}", logger="script")
        w.calls.append(cid)
        c.spawn(talk(c, cid, ch, s, q["res"], ok, b["to"]))
        return (200 if ok else 480), {"call": cid}

    async def talk(c, cid, ch, s, res, ok, to):
        begin = w.ns()
        if ok: await sleep(c.rng.uniform(800, 5000))
        sec = round((w.ns() - begin) / 1e9, 1) if ok else 0
        async with c.span("SIP BYE") as d:
            await d.work(3)
            d.log.info(f"dialog terminated ci={cid} duration={sec} cause={16 if ok else 19}", logger="dialog")
            await d.publish("call.released", {"call": cid, "channel": ch, "sec": sec, "acct": s["acct"], "res": res, "phone": s["phone"], "to": to})

    @sip.consumer("call.answered")
    async def on_answer(c, m):
        f = answered.get(m.body["call"])
        if f and not f.done(): f.set_result(m.body["ok"])
        else: c.log.debug(f"answer for unknown dialog ci={m.body['call']}", logger="kafka", incoming=True)
        if m.body["ok"] and c.rng.random() < 0.8: c.log.debug(f"180->200 ci={m.body['call']} codec=AMBE2", logger="script", incoming=True)
    sip.noise(5, lambda l: l.info("keepalive OPTIONS to 3 peers, 3 alive", logger="dispatcher"))

    # ------------------------------------------------------------ subs
    @subs.http("POST /v2/authenticate")
    async def auth(c, b):
        rq = "request{method=POST uri=/v2/authenticate version=HTTP/1.1}"
        c.log.debug("started processing request", logger="tower_http::trace::on_request", _req=rq, incoming=True)
        async with c.span("SELECT subscriber", "CLIENT") as s:
            await s.work(4)
            if s.rng.random() < 0.7: s.log.debug("slow query" if s.elapsed_ms() > 7 else "query ok", logger="sqlx::query", rows=1, elapsed=f"{s.elapsed_ms():.3f}ms", _req=rq)
        async with c.span("milenage") as s:
            await s.work(1.5)
            s.log.debug("vector ok", logger="subs::aka", sqn=s.rng.randrange(10**6), _req=rq)
        p = w.phones[b["phone"]]
        if c.rng.random() < 0.03: st = 403
        else: st = 200
        if st == 403: c.log.warning("terminal barred", logger="subs::auth", imei=p["imei"], _req=rq)
        c.log.debug("finished processing request", logger="tower_http::trace::on_response", latency=f"{c.elapsed_ms():.0f} ms", status=st, _req=rq)
        return st, {"imei": p["imei"], "acct": p["acct"], "phone": b["phone"]}

    @subs.http("GET /v2/location/{imei}")
    async def where(c, b):
        await c.work(3)
        c.log.info("location served", logger="subs::loc", imei=b["_route"].split("/")[-1], spotbeam=f"{c.rng.randrange(1, 49)}", incoming=True)
        return 200, {"beam": c.rng.randrange(1, 5)}
    subs.noise(8, lambda l: l.info("evicted idle sessions", logger="subs::gc", count=r0.randrange(30)))

    # ------------------------------------------------------------ beams
    @beams.http("POST /channels")
    async def allocate(c, b):
        async with c.span("link budget") as s:
            await s.work(7)
            margin = round(s.rng.gauss(4, 1.6), 1)
            s.log.debug("link budget", imei=b["imei"], margin_db=margin)
        if margin < 1.5:
            c.log.warning("no channel with enough margin", imei=b["imei"], incoming=True)
            return 503, {}
        ch = f"SV{c.rng.randrange(1, 67):02d}/B{c.rng.randrange(1, 49)}/T{c.rng.randrange(1, 9)}"
        busy[ch] = b["for"]
        c.log.info("channel allocated", channel=ch, requestor=b["for"], elapsed_us=int(c.elapsed_ms() * 1000), incoming=True)
        return 200, {"channel": ch}

    @beams.consumer("call.released")
    async def free(c, m):
        await c.work(2)
        busy.pop(m.body["channel"], None)
        c.log.info("channel freed", channel=m.body["channel"], incoming=True)

    @beams.every(8)
    async def handover(c):
        some = list(busy.items())[:3]
        c.log.debug("handover sweep", candidates=len(some))
        for ch, cid in some:
            async with c.client("feeder", "POST /retune") as k:
                st, _ = await k.send({"channel": ch})
                k.log.info("handed over", channel=ch, ok=st == 200)
    beams.noise(4, lambda l: l.info("ephemeris updated", satellites=66, age_s=r0.randrange(60)))

    # ------------------------------------------------------------ feeder (earth station)
    @feeder.consumer("call.setup", concurrency=16)
    async def setup(c, m):
        b = m.body
        c.log.info(f"paging {b['imei']} on {b['channel']}", logger="modem", incoming=True)
        async with c.span("page terminal", "CLIENT") as s:
            await s.work(620, 0.4)
            ok = s.rng.random() > 0.1
            s.log.debug(f"page {'ack' if ok else 'timeout'} after {s.elapsed_ms():.0f} ms, rssi -{s.rng.randrange(90, 118)} dBm", logger="l1")
        async with c.producer("call.answered") as p:
            await p.send({"call": b["call"], "ok": ok})
            if not ok: p.log.warning(f"call {b['call']}: terminal did not answer", logger="modem")

    @feeder.http("POST /retune")
    async def retune(c, b):
        await c.work(40)
        c.log.debug(f"retuned {b['channel']}", logger="l1", incoming=True)
        return 200, {}

    @feeder.http("POST /downlink")
    async def downlink(c, b):
        await c.work(210, 0.4)
        ok = c.rng.random() > 0.15
        if ok: c.log.info(f"SBD MT delivered: imei={b['imei']} mtmsn={b['seq']} len={b['len']} ({c.elapsed_ms():.1f} ms)", logger="sbd", incoming=True)
        else: c.log.warning(f"SBD MT no ring response: imei={b['imei']} mtmsn={b['seq']}", logger="sbd", incoming=True)
        return (200 if ok else 504), {}

    @feeder.http("RF burst")
    async def burst(c, b):
        async with c.span("demodulate") as s:
            await s.work(12)
            s.log.debug(f"burst crc ok, {b['kind']} from {b['imei']}", logger="l1")
        async with c.producer("sos.burst") as p:
            await p.send(b)
            if b["kind"] == "DISTRESS": p.log.error(f"!!! DISTRESS forwarded, imei={b['imei']}", logger="sbd")
        return 200, {}
    feeder.noise(5, lambda l: l.debug(f"agc {r0.randrange(20, 60)} dB, azimuth {r0.uniform(0, 360):.2f}", logger="antenna"))

    # ------------------------------------------------------------ smsq
    async def accept(c, phone, text, why):
        n["sms"] += 1
        sid = f"msg_{n['sms']:07d}"
        async with c.span("INSERT mt_messages", "CLIENT") as s:
            await s.work(5)
            s.log.debug("exec", query="INSERT INTO mt_messages(id,msisdn,body) VALUES($1,$2,$3)", args=[sid, phone, len(text)], logger="store.Insert")
        w.sms.append(sid)
        done = asyncio.Event()
        waiting.append({"c": c, "id": sid, "phone": phone, "len": len(text), "try": 0, "done": done, "seq": c.rng.randrange(65536)})
        c.spawn(done.wait())
        return sid

    @smsq.http("POST /sms")
    async def submit(c, b):
        sid = await accept(c, b["to"], b["text"], "portal")
        c.log.info("message queued until next pass", id=sid, msisdn=b["to"], depth=len(waiting), logger="api.Submit", incoming=True)
        return 202, {"id": sid}

    @smsq.http("GET /sms/{id}")
    async def sms_state(c, b):
        await c.work(2.5)
        c.log.info("status", id=b["_route"].split("/")[-1], logger="api.Status", incoming=True)
        return 200, {}

    async def drain():
        while not w.closing:
            await sleep(1300)
            take, waiting[:] = waiting[:6], waiting[6:]
            smsq.log.debug("pass open", beam=r0.randrange(1, 49), batch=len(take), logger="pass.Drain")
            await asyncio.gather(*[attempt(x) for x in take])

    async def attempt(x):
        x["try"] += 1
        async with x["c"].span("deliver") as c:
            imei = w.phones[x["phone"]]["imei"]
            st, loc = await c.call("subs", f"GET /v2/location/{imei}", client_span=False)
            async with c.client("feeder", "POST /downlink") as k:
                st, _ = await k.send({"imei": imei, "seq": x["seq"], "len": x["len"]})
                if st != 200: k.log.warning("downlink failed, keeping message for the next pass", id=x["id"], attempt=x["try"], status=st, logger="pass.Deliver")
            if st == 200:
                c.log.info("delivered", id=x["id"], attempt=x["try"], elapsed=int(c.elapsed_ms() * 1e6), logger="pass.Deliver")
                async with c.producer("sms.delivered") as p:
                    m = await p.send({"id": x["id"], "phone": x["phone"]})
                    p.log.debug("produced", topic="sms.delivered", partition=int(m.split("@")[0]), offset=int(m.split("@")[1]), logger="events.Emit")
            elif x["try"] < 4:
                waiting.append(x)
                return
            else:
                c.log.error("message expired, moved to dlq", id=x["id"], attempts=x["try"], logger="pass.Deliver")
                await c.publish("sms.dlq", {"id": x["id"]})
        x["done"].set()
    w.background.append(drain)

    for topic, what in (("balance.low", "low balance"), ("credit.topped", "top-up receipt"), ("sos.dispatched", "help is on its way")):
        @smsq.consumer(topic)
        async def tell(c, m, what=what):
            sid = await accept(c, m.body["phone"], what, topic)
            c.log.info("service message queued", id=sid, template=what, logger="templates.Send", incoming=True)
    smsq.noise(6, lambda l: l.debug("nats: pending messages", pending=r0.randrange(9), redelivered=0, logger="consumer.Stats"))

    # ------------------------------------------------------------ cdr
    @cdr.consumer("call.released", retries=2)
    async def close(c, m):
        b = m.body
        p_, o = m.id.split("@")
        async with c.span("INSERT cdr", "CLIENT") as s:
            await s.work(6)
            if s.rng.random() < 0.03 and m.attempt < 3:
                s.log.warning(f"pq: could not serialize access due to concurrent update, message will be redelivered", logger="cdr")
                raise Exception("serialize")
        seq = "CDR" + format(c.rng.getrandbits(40), "010X")
        async with c.producer("cdr.closed") as p:
            x = await p.send({"cdr": seq, "call": b["call"], "sec": b["sec"], "acct": b["acct"], "res": b["res"], "to": b["to"], "phone": b["phone"]})
            if p.rng.random() < 0.6: p.log.debug(f"producer/broker/1 sent cdr.closed/{x.split('@')[0]} offset {x.split('@')[1]}", logger="sarama")
        c.log.info(f"wrote {seq} for {b['call']} ({b['sec']} s) from partition {p_} offset {o}", logger="cdr", incoming=True)
    cdr.noise(9, lambda l: l.info("client/metadata fetching metadata for all topics from broker kafka-1:9092", logger="sarama"))

    # ------------------------------------------------------------ rating
    @rating.consumer("cdr.closed")
    async def rate(c, m):
        b = m.body
        async with c.span("tariff lookup") as s:
            await s.work(2)
            dest = b["to"][:3]
            if s.rng.random() < 0.6: s.log.debug("tariff", prefix=dest, plan="prepaid-eur", per_min=1.29)
        amount = round(b["sec"] / 60 * 1.29 * 10 + 0.2 * (b["sec"] > 0), 2)
        c.log.info("call rated", record=b["cdr"], amount=amount, sec=b["sec"], took=f"{c.elapsed_ms():.3f}ms", incoming=True)
        await c.publish("charge.final", {"acct": b["acct"], "res": b["res"], "amount": amount, "phone": b["phone"], "cdr": b["cdr"]}, producer_span=False)

    @rating.consumer("sms.delivered")
    async def rate_sms(c, m):
        await c.work(1.5)
        c.log.info("sms rated", id=m.body["id"], amount=0.35, incoming=True)
    rating.noise(7, lambda l: l.info("tariff table reload", rows=4812, changed=0))

    # ------------------------------------------------------------ credits
    @cred.http("POST /reservations")
    async def reserve(c, b):
        p = w.phones[b["phone"]]
        async with c.span("UPDATE balance", "CLIENT") as s:
            await s.work(5)
            s.log.debug("gorm: UPDATE balances SET held = held + ? WHERE account = ?", account=b["acct"], rows=1)
        if p["bal"] < 1:
            c.log.warning("reservation refused: insufficient credit", account=b["acct"], balance=round(p["bal"], 2), incoming=True)
            return 402, {}
        res = f"rsv-{c.rng.getrandbits(32):08x}"
        c.log.info("credit reserved", account=b["acct"], reservation=res, externalRef=b["ref"], incoming=True)
        return 200, {"res": res}

    @cred.http("DELETE /reservations")
    async def unreserve(c, b):
        await c.work(4)
        c.log.info("reservation released", reservation=b["res"], incoming=True)
        return 204, {}

    @cred.consumer("charge.final", retries=1)
    async def settle(c, m):
        b = m.body
        p = w.phones[b["phone"]]
        p["bal"] -= b["amount"]
        async with c.span("UPDATE balance", "CLIENT") as s:
            await s.work(6)
            s.log.debug("gorm: UPDATE balances SET held = held - ?, balance = balance - ?", account=b["acct"], rows=1)
        c.log.info("reservation settled", reservation=b["res"], charged=b["amount"], source=b["cdr"], incoming=True)
        if p["bal"] < 5:
            async with c.producer("balance.low") as q:
                await q.send({"phone": b["phone"]})
                q.log.info("low balance event emitted", account=b["acct"])

    @cred.http("POST /topups")
    async def topup(c, b):
        p = w.phones[b["phone"]]
        async with c.span("POST psp /charges", "CLIENT") as s:
            await s.work(260)
            ok = s.rng.random() > 0.08
            s.log.info("psp answered", outcome="captured" if ok else "declined", latencyMs=round(s.elapsed_ms()), pspRef=f"ch_{s.rng.getrandbits(48):012x}")
        if not ok: return 402, {}
        p["bal"] += b["eur"]
        c.log.info("top-up booked", account=p["acct"], amount=b["eur"], voucher=False, incoming=True)
        await c.publish("credit.topped", {"phone": b["phone"]})
        return 201, {}

    @cred.http("GET /accounts/{acct}")
    async def acct(c, b):
        async with c.span("SELECT balance", "CLIENT") as s:
            await s.work(2)
        c.log.debug("account read", account=b["_route"].split("/")[-1], incoming=True)
        return 200, {}
    cred.noise(8, lambda l: l.debug("db stats", open=r0.randrange(3, 9), inUse=r0.randrange(3), waitCount=0))

    # ------------------------------------------------------------ sos
    @sos.consumer("sos.burst", retries=2, retry_ms=150)
    async def on_burst(c, m):
        b = m.body
        if b["kind"] == "DISTRESS":
            n["case"] += 1
            case = f"SAR-{n['case']}"
            w.cases.append({"case": case, "imei": b["imei"]})
            c.log.warning("distress case opened", case=case, device=b["imei"], lat=b["lat"], lon=b["lon"], logger="cases.go:52", incoming=True)
            async with c.span("POST rcc /incidents", "CLIENT") as s:
                await s.work(420, 0.5)
                s.log.info("", event="rcc_notified", case=case, rcc="MRCC-Falmouth", took=f"{s.elapsed_ms():.1f}ms", logger="rcc.go:88")
            async with c.span("INSERT case", "CLIENT") as s:
                await s.work(5)
                s.log.debug("", sql="insert into cases(id,imei,geom) values($1,$2,$3)", logger="pg.go:20", rows=1)
            await c.publish("sos.dispatched", {"phone": b["phone"], "case": case})
        else:
            k = next((x for x in w.cases if x["imei"] == b["imei"]), None)
            if k is None:
                c.log.debug("position without case, retrying", device=b["imei"], attempt=m.attempt, logger="track.go:30", incoming=True)
                raise Exception("no case")
            await c.work(4)
            c.log.info("", event="track_point", case=k["case"], seq=b["seq"], lat=b["lat"], lon=b["lon"], logger="track.go:41", incoming=True)

    @sos.http("DELETE /sos/{case}")
    async def close_case(c, b):
        async with c.span("UPDATE case", "CLIENT") as s:
            await s.work(5)
            s.log.debug("", sql="update cases set closed_at=now() where id=$1", logger="pg.go:20")
        c.log.info("case closed by operator", case=b["_route"].split("/")[-1], logger="cases.go:97", incoming=True)
        return 200, {}

    @sos.http("GET /sos/{case}")
    async def read_case(c, b):
        await c.work(3)
        c.log.info("", method="GetCase", id=b["_route"].split("/")[-1], took=f"{c.elapsed_ms():.3f}ms", err="null", logger="logging.go:18", incoming=True)
        return 200, {}
    sos.noise(10, lambda l: l.info("", event="siren_selftest", ok="true", logger="main.go:112"))


async def load(w):
    r = w.rng
    phones = list(w.phones)
    async def one(i):
        ph, x = r.choice(phones), r.random()
        if x < 0.42:
            await w.start("sipgw", "SIP INVITE", {"from": ph, "to": r.choice(["+44", "+49", "+1", "+61", "+33"]) + str(r.randrange(10**8, 10**9))})
            if r.random() < 0.2: await w.start("portal", f"GET /accounts/{w.phones[ph]['acct']}")
        elif x < 0.72:
            st, a = await w.start("portal", "POST /sms", {"to": ph, "text": "x" * r.randrange(5, 160)})
            if r.random() < 0.35:
                await sleep(r.uniform(400, 3000))
                await w.start("portal", f"GET /sms/{a['id']}")
        elif x < 0.9: await w.start("portal", "POST /topups", {"phone": ph, "eur": r.choice([10, 25, 50, 100])})
        else:
            imei, lat, lon = w.phones[ph]["imei"], round(r.uniform(-60, 60), 4), round(r.uniform(-180, 180), 4)
            await w.start("feeder", "RF burst", {"kind": "DISTRESS", "imei": imei, "phone": ph, "lat": lat, "lon": lon, "seq": 0})
            for s in range(1, r.randrange(2, 5)):
                await sleep(r.uniform(700, 1800))
                await w.start("feeder", "RF burst", {"kind": "POSITION", "imei": imei, "phone": ph, "lat": round(lat + s / 900, 4), "lon": lon, "seq": s})
            case = next((k["case"] for k in w.cases if k["imei"] == imei), None)
            if case: await w.start("portal", f"{r.choice(['GET', 'DELETE'])} /sos/{case}")
    await arrivals(w, 140, 3.0, one)

record(build, load, "t_satellitephone")
