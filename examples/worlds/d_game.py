import json
from world import *

LOW = {"DEBUG": "debug", "INFO": "info", "WARN": "warn", "ERROR": "error"}


# Phoenix socket edge: Elixir Logger with metadata
def elixir(r):
    meta = " ".join(f"{k}={v}" for k, v in ([("trace_id", r.trace_id), ("span_id", r.span_id)] if r.trace_id else []) + list(r.fields.items()))
    lvl = {"WARN": "warning"}.get(r.level, LOW[r.level])
    tail = f" (traceparent {r.incoming})" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {meta + ' ' if meta else ''}[{lvl}] {r.message}{tail}"


# Rust: tracing_subscriber::fmt
def tracing_fmt(r):
    scope = f"request{{trace_id={r.trace_id} span_id={r.span_id}{' parent=' + r.incoming_parent if r.incoming_parent else ''}}}: " if r.trace_id else ""
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    return f"{isoz(r, 6)} {r.level:>5} {scope}{r.logger}: {r.message}{f}"


# Python: loguru default with extra
def loguru(r):
    extra = f" | {r.trace_id[:32]}/{r.span_id}" if r.trace_id else ""
    p = f" from={r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {'WARNING' if r.level == 'WARN' else r.level:<8} | {r.logger}{extra} - {r.message}{p}"


# Agones-like: logrus JSON with severity
def agones(r):
    d = dict(r.fields)
    d["message"] = r.message
    d["severity"] = {"WARN": "warning"}.get(r.level, LOW[r.level])
    d["source"] = r.logger
    if r.trace_id: d["traceID"], d["spanID"] = r.trace_id, r.span_id
    if r.incoming: d["traceparent"] = r.incoming
    d["time"] = isoz(r, 9)
    return json.dumps(d, separators=(",", ":"), sort_keys=True)


# dedicated servers: spdlog, C++
def spdlog(r):
    t = f" {{{r.trace_id}:{r.span_id}}}" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}] [{r.logger}] [{'warning' if r.level == 'WARN' else LOW[r.level]}] [{r.thread + 11000}]{t} {r.message}" + (f" tp={r.incoming}" if r.incoming else "")


# log4j2 pattern with %X
def log4j2(r):
    mdc = f"{{span_id={r.span_id}, trace_flags=01, trace_id={r.trace_id}{', parent_id=' + r.incoming_parent if r.incoming_parent else ''}}}" if r.trace_id else "{}"
    return f"{r.time:%d %b %Y %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [scan-pool-{r.thread}] {r.logger} {mdc} - {r.message}"


# Serilog compact
def clef(r):
    d = {"@t": isoz(r, 7), "@mt": r.message}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d | r.fields | {"SourceContext": r.logger}, separators=(",", ":"))


# Monolog line formatter
def monolog(r):
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}
    if r.incoming: extra["traceparent"] = r.incoming
    c = json.dumps(r.fields, separators=(",", ":")) if r.fields else "[]"
    return f"[{isoz(r, 6)[:-1]}+00:00] inventory.{'WARNING' if r.level == 'WARN' else r.level}: {r.message} {c} {json.dumps(extra, separators=(',', ':')) if extra else '[]'}"


# push sender: whole seconds, its own print
def pusher(r):
    t = f" <{r.trace_id}-{r.span_id}>" if r.trace_id else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S}{t} {r.message}" + (f" (in: {r.incoming})" if r.incoming else "")


def build(w):
    w.network_ms, w.broker_ms = 0.7, 6
    R = w.rng
    edge = w.service("edge", elixir)
    mm = w.service("matchmaker", tracing_fmt, errors=lambda c, e: c.log.error("handler failed", logger="matchmaker::bus", error=str(e)))
    ratings = w.service("ratings", loguru, errors=lambda c, e: c.log.error(f"unhandled: {e!r}", logger="ratings.worker:run:31"))
    fleet = w.service("fleet", agones, errors=lambda c, e: c.log.error("allocation request could not be served", logger="*allocator.Handler", error=str(e)))
    arena = w.service("arena", spdlog, errors=lambda c, e: c.log.error(f"FATAL in session: {e}", logger="net"))
    ac = w.service("anticheat", log4j2, errors=lambda c, e: c.log.error(f"Scan aborted: java.io.IOException: {e}\n\tat gg.warden.scan.Reader.next(Reader.java:88)\n\tat gg.warden.scan.Scanner.run(Scanner.java:41)", logger="gg.warden.scan.Scanner"))
    rewards = w.service("rewards", clef, errors=lambda c, e: c.log.error("Unhandled exception in consumer", logger="Rewards.Bus", Exception=f"System.Exception: {e}"))
    inv = w.service("inventory", monolog, errors=lambda c, e: c.log.error("Uncaught PHP Exception", exception=str(e)))
    push = w.service("push", pusher, errors=lambda c, e: c.log.error(f"ERR {e}"))

    tickets, pools, n = {}, {}, [70210]
    waiting = {}                       # match -> what rewards has heard
    matches = []
    w.tickets, w.matches = tickets, matches

    @edge.http("POST /v1/queue")
    async def enqueue(ctx, body):
        ctx.log.info("QUEUE_JOIN in PlayerChannel", incoming=True, player=body["player"])
        await ctx.work(1.5)
        async with ctx.client("matchmaker", "POST /tickets") as c:
            status, a = await c.send({"player": body["player"], "mode": body["mode"]})
            c.log.debug(f"POST http://matchmaker:8080/tickets -> {status} ({c.elapsed_ms():.3f} ms)")
        if status != 201:
            ctx.log.warn(f"Replied {status} in {ctx.elapsed_ms():.0f}ms")
            return status, a
        ctx.log.info(f"Replied :ok ticket {a['ticket']} in {ctx.elapsed_ms():.0f}ms")
        return 201, a

    @mm.http("POST /tickets")
    async def ticket(ctx, body):
        await ctx.work(1)
        async with ctx.client("ratings", "GET /mmr/" + body["player"]) as c:
            st, a = await c.send({"mode": body["mode"]})
            c.log.debug("mmr lookup", logger="matchmaker::rating", status=st, took_us=int(c.elapsed_ms() * 1000))
        if st == 403:
            ctx.log.warn("refused: player has an active ban", logger="matchmaker::queue", player_id=body["player"])
            return 403, {}
        n[0] += R.randrange(1, 4)
        t = f"tkt-{n[0]:x}"
        async with ctx.span("ZADD pool:" + body["mode"], "CLIENT") as c:
            await c.work(0.6)
        tickets[t] = {"ticket": t, "player": body["player"], "mode": body["mode"], "mmr": a["mmr"], "state": "queued"}
        await ctx.publish("mm.ticket", tickets[t])
        ctx.log.info("ticket enqueued", incoming=True, logger="matchmaker::queue", ticket=t, mode=body["mode"], mmr=a["mmr"])
        return 201, {"ticket": t}

    @ratings.http("GET /mmr/{player}")
    async def mmr(ctx, body):
        p = body["_route"].split("/")[-1]
        if R.random() < 0.6:
            async with ctx.span("GET mmr cache", "CLIENT") as c:
                await c.work(0.4)
                c.log.debug(f"cache HIT mmr:{p}", logger="ratings.cache:get:18")
        else:
            async with ctx.span("SELECT ratings", "CLIENT") as c:
                await c.work(4)
                c.log.debug(f"SELECT mu, sigma FROM ratings WHERE player_id = '{p}' -- {c.elapsed_ms():.1f} ms", logger="ratings.db:fetch_one:77")
        if R.random() < 0.03:
            ctx.log.warning(f"{p} is banned from {body['mode']}", incoming=True, logger="ratings.api:mmr:29")
            return 403, {}
        ctx.log.info(f'10.2.4.17 - "GET /mmr/{p}?mode={body["mode"]} HTTP/1.1" 200', incoming=True, logger="uvicorn.access:send:476")
        return 200, {"mmr": 900 + hash_of(p) % 1400}

    def hash_of(p): return sum(ord(x) * 31 ** i for i, x in enumerate(p))

    @mm.consumer("mm.ticket")
    async def pool(ctx, m):
        t = m.body
        await ctx.work(0.8)
        ctx.log.debug("pooling", incoming=True, logger="matchmaker::pool", ticket=t["ticket"], msg_id=m.id)
        p = pools.setdefault(t["mode"], [])
        if tickets[t["ticket"]]["state"] != "queued": return
        p.append((t["ticket"], m.origin))
        need = {"duel": 2, "trio": 3}[t["mode"]]
        if len(p) < need:
            ctx.log.debug("still waiting for opponents", incoming=True, logger="matchmaker::pool", ticket=t["ticket"], have=len(p), need=need)
            return
        group, pools[t["mode"]] = p[:need], p[need:]
        for k, origin in group[:-1]: ctx.link(origin)
        async with ctx.span("balance teams") as s:
            await s.work(9)
            s.log.info("match candidate scored", logger="matchmaker::balance", quality=round(R.uniform(0.6, 0.99), 3), tickets=",".join(k for k, _ in group))
        mid = "M-%04X-%04X" % (R.getrandbits(16), R.getrandbits(16))
        for k, _ in group: tickets[k].update(state="matched", match=mid)
        async with ctx.producer("match.formed") as pr:
            await pr.send({"match": mid, "mode": t["mode"], "players": [tickets[k]["player"] for k, _ in group]})
            pr.log.info("match.formed sent", logger="matchmaker::bus", match_id=mid)

    @fleet.consumer("match.formed", retries=2, retry_ms=400)
    async def allocate(ctx, m):
        mid = m.body["match"]
        ctx.log.info("GameServerAllocation requested", incoming=True, logger="*allocator.Handler", match=mid, attempt=m.attempt)
        async with ctx.span("list ready gameservers", "CLIENT") as s:
            await s.work(6)
        if R.random() < 0.05 and m.attempt < 3:
            ctx.log.warning("no ready GameServer, requeue", logger="*allocator.Handler", match=mid)
            raise Exception("unallocated")
        gs = f"arena-eu-{R.choice('bcdfgh')}{R.randrange(100, 999)}{R.choice('xyz')}"
        async with ctx.client("arena", "POST /sessions") as c:
            st, a = await c.send({"match": mid, "players": m.body["players"], "mode": m.body["mode"], "gs": gs})
        ctx.log.info("GameServer allocated", logger="*allocator.Handler", gameserver=gs, match=mid, port=a.get("port"))
        async def tell(p):
            async with ctx.producer("player.notice") as pr:
                await pr.send({"player": p, "text": "match_ready", "ref": mid})
                pr.log.debug("notified", logger="*allocator.Notifier", player=p)
        await asyncio.gather(*[tell(p) for p in m.body["players"][:2]])

    @arena.http("POST /sessions")
    async def session(ctx, body):
        port = R.randrange(7000, 8000)
        await ctx.work(12)
        ctx.log.info(f"session {body['match']} bound to udp/{port} on {body['gs']}", incoming=True, logger="net")
        ctx.spawn(play(ctx, body))
        return 200, {"port": port}

    async def play(ctx, body):
        mid = body["match"]
        async with ctx.span("play " + body["mode"]) as s:
            await s.work(400)
            s.log.info(f"all {len(body['players'])} clients connected, match={mid}, tickrate=64", logger="sim")
            await s.work(2500, 0.5)
            if R.random() < 0.04:
                s.log.warning(f"match={mid}: client {body['players'][0]} lost, 3 keepalives missed", logger="net")
            await s.work(300)
            s.log.info(f"match={mid} over, winner={body['players'][-1]}", logger="sim")
            async with s.span("PUT replay", "CLIENT") as c:
                await c.work(45)
                c.log.debug(f"PUT s3://replays/{mid}.bin {R.randrange(200, 900)}KiB {c.elapsed_ms():.1f}ms", logger="io")
        matches.append((mid, body["players"]))
        async with ctx.producer("match.ended") as pr:
            pr.log.info(f">> match.ended {mid}", logger="bus")
            await pr.send({"match": mid, "mode": body["mode"], "players": body["players"], "winner": body["players"][-1]})

    @ac.consumer("match.ended", retries=1)
    async def scan(ctx, m):
        mid = m.body["match"]
        async with ctx.span("GET replay", "CLIENT") as c:
            await c.work(30)
        async def one(p):
            async with ctx.span("aim analysis") as s:
                await s.work(80)
                s.log.debug(f"Player {p}: snap={R.random():.3f} recoil={R.random():.3f}", logger="gg.warden.scan.AimModel")
        await asyncio.gather(*[one(p) for p in m.body["players"]])
        verdict = "SUSPECT" if R.random() < 0.06 else "CLEAN"
        ctx.log("WARN" if verdict == "SUSPECT" else "INFO", f"Replay of {mid} scanned in {ctx.elapsed_ms():.0f} ms: {verdict}", incoming=True, logger="gg.warden.scan.Scanner")
        async with ctx.producer("warden.verdict") as p:
            out = await p.send({"match": mid, "verdict": verdict, "players": m.body["players"], "winner": m.body["winner"]})
            if R.random() < 0.8: p.log.debug(f"Produced ProducerRecord(topic=warden.verdict, key={mid}) as {out}", logger="gg.warden.kafka.VerdictProducer")

    @ratings.consumer("match.ended", retries=2, retry_ms=150)
    async def rate(ctx, m):
        ctx.log.info(f"match.ended {m.id} received, rating {len(m.body['players'])} players", incoming=True, logger="ratings.worker:on_match:52")
        async with ctx.span("trueskill update") as s:
            await s.work(3)
        async with ctx.span("UPDATE ratings", "CLIENT") as c:
            await c.work(8)
            if R.random() < 0.03 and m.attempt == 1:
                ctx.log.warning(f"serialization failure on match {m.body['match']}, retrying", logger="ratings.db:commit:90")
                raise Exception("40001")
            c.log.debug(f"UPDATE ratings SET mu=%s, sigma=%s ... rows={len(m.body['players'])}", logger="ratings.db:execute:84")
        async with ctx.producer("rating.changed") as p:
            await p.send({"match": m.body["match"], "players": m.body["players"], "winner": m.body["winner"]})

    async def heard(ctx, what, b):
        mid = b["match"]
        got = waiting.setdefault(mid, {})
        got[what] = b
        if len(got) < 2:
            ctx.log.debug("Match {MatchId} not complete yet, has {Have}", logger="Rewards.MatchSaga", MatchId=mid, Have=list(got))
            return
        del waiting[mid]
        if got["verdict"]["verdict"] == "SUSPECT":
            ctx.log.warning("Rewards of {MatchId} withheld until reviewed", logger="Rewards.MatchSaga", MatchId=mid)
            await ctx.publish("player.notice", {"player": b["players"][0], "text": "under_review", "ref": mid})
            return
        for p in b["players"]:
            xp = R.randrange(80, 400)
            async with ctx.client("inventory", "POST /wallets/credit") as c:
                c.log.info("Crediting {Xp} XP to {Player}", logger="Rewards.Ledger", Xp=xp, Player=p, MatchId=mid)
                st, a = await c.send({"player": p, "xp": xp, "cause": mid})
        ctx.log.info("All rewards of {MatchId} booked", logger="Rewards.MatchSaga", MatchId=mid)
        async with ctx.producer("reward.granted") as pr:
            pr.log.info("Publishing {Event}", logger="Rewards.Bus", Event="reward.granted", MatchId=mid)
            await pr.send({"match": mid, "players": b["players"], "winner": b["winner"]})

    @rewards.consumer("warden.verdict")
    async def on_verdict(ctx, m):
        ctx.log.info("Verdict {Verdict} for {MatchId}", incoming=True, logger="Rewards.Bus", Verdict=m.body["verdict"], MatchId=m.body["match"], MessageId=m.id)
        await heard(ctx, "verdict", m.body)

    @rewards.consumer("rating.changed")
    async def on_rating(ctx, m):
        await ctx.work(1)
        await heard(ctx, "rating", m.body)

    @inv.http("POST /wallets/credit")
    async def credit(ctx, body):
        async with ctx.span("INSERT wallet_entries", "CLIENT") as c:
            await c.work(5)
            c.log.debug("Executing query", sql="INSERT INTO wallet_entries (player, amount, cause) VALUES (?, ?, ?)", params=[body["player"], body["xp"], body["cause"]])
        ctx.log.info("Matched route \"wallet_credit\".", incoming=True, method="POST")
        if R.random() < 0.3:
            ctx.log.info("Level up!", player=body["player"], to=R.randrange(3, 60))
        return 200, {"balance": R.randrange(1000, 90000)}

    @inv.http("POST /items/grant")
    async def grant(ctx, body):
        ctx.log.info("Grant requested", incoming=True, player=body["player"], item=body["item"], claim=body["claim"])
        await ctx.work(7)
        if R.random() < 0.08:
            ctx.log.warning("Item already owned, converted to shards", player=body["player"], item=body["item"])
            return 409, {}
        return 200, {}

    @push.consumer("player.notice", retries=1, retry_ms=700)
    async def notice(ctx, m):
        async with ctx.span("POST fcm", "CLIENT") as c:
            await c.work(60, 0.6)
            if R.random() < 0.5: c.log.info(f"  fcm {m.body['player']} {c.elapsed_ms():.0f}ms")
            if R.random() < 0.04 and m.attempt == 1:
                c.log.warn(f"fcm 503 {m.body['player']} again later")
                raise Exception("503")
        ctx.log.info(f"{m.body['text']} -> {m.body['player']} ({m.body['ref']}) ok", incoming=True)

    @push.consumer("reward.granted")
    async def granted(ctx, m):
        ctx.log.info(f"reward.granted {m.body['match']}, {len(m.body['players'])} devices", incoming=True)
        for p in m.body["players"]:
            async with ctx.span("POST fcm", "CLIENT") as c:
                await c.work(50)
            c.log.info(f"  fcm {p} 200")

    @arena.consumer("reward.granted")
    async def shutdown(ctx, m):
        await ctx.work(2)
        ctx.log.info(f"teardown {m.body['match']}", incoming=True, logger="net")

    # --- comes back: state of a ticket, leaving the queue
    @edge.http("GET /v1/queue/{ticket}")
    async def state(ctx, body):
        st, a = await ctx.call("matchmaker", "GET /tickets/" + body["_route"].split("/")[-1])
        ctx.log.debug(f"GET {body['_route']} -> {st}", incoming=True)
        return st, a

    @mm.http("GET /tickets/{t}")
    async def tstate(ctx, body):
        t = body["_route"].split("/")[-1]
        await ctx.work(0.7)
        ctx.log.debug("ticket polled", incoming=True, logger="matchmaker::api", ticket=t, state=tickets[t]["state"])
        return 200, tickets[t]

    @edge.http("DELETE /v1/queue/{ticket}")
    async def leave(ctx, body):
        t = body["_route"].split("/")[-1]
        ctx.log.info(f"QUEUE_LEAVE {t}", incoming=True, player=tickets[t]["player"])
        st, a = await ctx.call("matchmaker", "DELETE /tickets/" + t)
        return st, a

    @mm.http("DELETE /tickets/{t}")
    async def tleave(ctx, body):
        t = body["_route"].split("/")[-1]
        if tickets[t]["state"] != "queued":
            ctx.log.info("too late to cancel", incoming=True, logger="matchmaker::queue", ticket=t)
            return 409, {}
        tickets[t]["state"] = "cancelled"
        pools[tickets[t]["mode"]] = [x for x in pools.get(tickets[t]["mode"], []) if x[0] != t]
        async with ctx.span("ZREM pool", "CLIENT") as c:
            await c.work(0.5)
            c.log.debug("removed from pool", logger="matchmaker::redis", ticket=t)
        return 204, {}

    # --- reports and battle pass
    @edge.http("POST /v1/reports")
    async def report(ctx, body):
        case = f"{R.randrange(100000, 999999)}"
        await ctx.call("anticheat", "POST /cases", {"case": case, "match": body["match"], "against": body["against"]})
        ctx.log.info(f"report filed against {body['against']}", incoming=True, case=case, match=body["match"])
        return 202, {"case": case}

    @ac.http("POST /cases")
    async def case(ctx, body):
        ctx.log.info(f"Case #{body['case']} opened for match {body['match']}", incoming=True, logger="gg.warden.cases.CaseResource")
        ctx.spawn(review(ctx, body))
        return 202, {}

    async def review(ctx, body):
        await ctx.work(700)
        async with ctx.span("deep replay scan") as s:
            await s.work(900, 0.6)
            score = R.random()
            s.log.info(f"Case #{body['case']}: model v14 score {score:.2f}", logger="gg.warden.scan.DeepModel")
        if score > 0.8:
            ctx.log.warning(f"Banning {body['against']} (case #{body['case']})", logger="gg.warden.cases.Enforcer")
            async with ctx.client("inventory", "POST /wallets/freeze") as c: await c.send({"player": body["against"]})
            await ctx.publish("player.notice", {"player": body["against"], "text": "banned", "ref": "case " + body["case"]})

    @inv.http("POST /wallets/freeze")
    async def freeze(ctx, body):
        await ctx.work(6)
        ctx.log.info("Wallet frozen", incoming=True, player=body["player"], took_ms=round(ctx.elapsed_ms(), 1))
        return 200, {}

    @edge.http("POST /v1/pass/claim")
    async def claim(ctx, body):
        st, a = await ctx.call("rewards", "POST /claims", {"player": body["player"], "tier": body["tier"]})
        ctx.log.info(f"pass claim tier {body['tier']} => {st} ({ctx.elapsed_ms():.1f}ms)", incoming=True, player=body["player"])
        return st, a

    @rewards.http("POST /claims")
    async def claims(ctx, body):
        cid = w.new_message_id()
        async with ctx.span("SELECT pass_progress", "CLIENT") as c:
            await c.work(3)
            c.log.debug("Executed DbCommand ({Elapsed}ms) SELECT p.tier FROM pass_progress AS p WHERE p.player = @p0", logger="Microsoft.EntityFrameworkCore.Database.Command", Elapsed=round(c.elapsed_ms()), p0=body["player"])
        if R.random() < 0.1:
            ctx.log.info("Tier {Tier} not reached by {Player}", incoming=True, logger="Rewards.Pass", Tier=body["tier"], Player=body["player"])
            return 422, {}
        st, _ = await ctx.call("inventory", "POST /items/grant", {"player": body["player"], "item": f"skin_{R.randrange(40)}", "claim": cid})
        ctx.log.info("Claim {ClaimId} finished with {Status}", incoming=True, logger="Rewards.Pass", ClaimId=cid, Status=st, Player=body["player"])
        return 200, {}

    @fleet.every(6)
    async def scale_fleet(ctx):
        async with ctx.span("GET fleets/arena-eu", "CLIENT") as c:
            await c.work(7)
        ctx.log.info("fleet autoscaler: buffer ok", logger="*fleetautoscalers.Controller", ready=R.randrange(5, 20), allocated=R.randrange(3, 30))

    @mm.every(5)
    async def expire_tickets(ctx):
        await ctx.work(2)
        old = sum(t["state"] == "queued" for t in tickets.values())
        ctx.log.debug("expiry sweep", logger="matchmaker::sweep", open=old)

    fleet.noise(5, lambda log: log.info("GameServer health ok", logger="*gameservers.HealthController", gameserver=f"arena-eu-b{R.randrange(100, 999)}x"))
    ac.noise(7, lambda log: log.info(f"[gc] G1 young pause {R.uniform(2, 12):.1f}ms, heap {R.randrange(300, 900)}M/2048M", logger="gg.warden.Jvm"))
    edge.noise(4, lambda log: log.info(f"telemetry: {R.randrange(800, 900)} sockets open"))
    push.noise(9, lambda log: log.info("apns connection alive"))
    async def banner(): arena.log.info("arena 4.18.2 (protocol 61) up, maps: dust, harbor, relay", logger="core")
    w.background.append(banner)
    inv.noise(8, lambda log: log.debug("opcache stats", hits=R.randrange(9000, 99999)))


async def load(w):
    R = w.rng
    open_ = []

    async def one(i):
        k = R.random()
        if k < 0.62 or not open_:
            st, a = await w.start("edge", "POST /v1/queue", {"player": f"p{R.randrange(10000, 10400)}", "mode": R.choice(["duel", "duel", "trio"])})
            if st == 201: open_.append(a["ticket"])
        elif k < 0.72:
            await w.start("edge", "GET /v1/queue/" + R.choice(open_[-6:]))
        elif k < 0.77:
            await w.start("edge", "DELETE /v1/queue/" + R.choice(open_[-4:]))
        elif k < 0.87 and w.matches:
            m, ps = R.choice(w.matches[-10:])
            await w.start("edge", "POST /v1/reports", {"match": m, "against": R.choice(ps)})
        else:
            await w.start("edge", "POST /v1/pass/claim", {"player": f"p{R.randrange(10000, 10400)}", "tier": R.randrange(1, 50)})
    await arrivals(w, 165, 6, one)

record(build, load, "d_game")
