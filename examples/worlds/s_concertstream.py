"""Concerts as livestreams: tickets, joining a show (entitlement, device limit, DRM licence, socket), the picture itself as segments
in three renditions joined by a packager and purged into a CDN, tips over Kafka with moderation and a split among the band, refunds that revoke."""
import json
from world import *


def envoy(r):         # edge: Envoy's default access log with the ids our platform team appended
    if "path" not in r.fields: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid % 40}][{r.level.lower().replace('warn', 'warning')}][upstream] {r.message}"
    f = r.fields
    ids = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    if r.incoming: ids += f' "{r.incoming}"'
    return f'[{isoz(r)}] "{f["verb"]} {f["path"]} HTTP/2" {f["st"]} - {f["rx"]} {f["tx"]} {f["ms"]} {max(0, f["ms"] - 1)} "{f["ip"]}" "{f["ua"]}" "{f["rid"]}" "api.stage.example" "10.12.{f["rx"] % 9}.{f["tx"] % 90}:3000"{ids}'


def pinohttp(r):      # tickets: express with pino-http, sequelize printed through it
    d = {"level": {"DEBUG": "debug", "INFO": "info", "WARN": "warn", "ERROR": "error"}[r.level], "time": isoz(r), "name": "tickets"}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentId"] = r.incoming_parent
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))


def fastify(r):       # playback
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "playback-84c6"}
    if r.trace_id: d["otel"] = {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))


def zap(r):           # drm: zap's console encoder
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: f["parent_span_id"] = r.incoming_parent
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}Z\t{r.level}\t{r.logger}\t{r.message}" + (f"\t{json.dumps(f)}" if f else "")


def glog(r):          # ingest: C++
    c = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: c = c[:-1] + f" parent {r.incoming_parent}]"
    return f"{r.level[0]}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid:5d} {r.logger}]{c} {r.message}"


def pylogging(r):     # transcode
    x = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming: x += f" tp={r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger}[{r.pid}]{x} {r.level.replace('WARN', 'WARNING')}: {r.message}"


def debugmod():       # packager: the debug package, not a TTY; what passed since the last line of that namespace behind
    def line(r):
        ids = f" {r.trace_id}:{r.span_id}" if r.trace_id else ""
        if r.incoming_parent: ids += f":{r.incoming_parent}"
        return f"{isoz(r)} packager:{r.logger}{ids} {r.message}"
    return line


def winston(r):       # overlay: winston.format.simple with a timestamp
    f = dict(r.fields)
    if r.trace_id: f |= {"span_id": r.span_id, "trace_flags": "01", "trace_id": r.trace_id}
    if r.incoming: f["parent"] = r.incoming
    return f"{isoz(r)} {r.level.lower()}: {r.message}" + (" " + json.dumps(f, separators=(",", ":")) if f else "")


def kafkajs(r):       # tips: everything in KafkaJS's own log shape
    d = {"level": r.level, "timestamp": isoz(r), "logger": r.logger if r.logger != r.service else "tips", "message": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def boot(r):          # payouts: Spring Boot 3
    c = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else "[                                                 ] "
    if r.incoming_parent: c += f"<{r.incoming_parent}> "
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [payouts] [ntainer#0-{r.thread % 3}-C-1] {c}{r.logger:<40} : {r.message}"


SHOWS = {"sh_aurora7": "Aurora Seven", "sh_beton": "Betonchor", "sh_kwela": "Kwela Night"}


def build(w):
    w.network_ms, w.broker_ms = 0.9, 7
    w.sessions, w.tickets, parts, seen = {}, {}, {}, {}
    n = {"t": 5120, "req": 0, "off": 30411, "seg": {s: 840 + i * 111 for i, s in enumerate(SHOWS)}}
    ledger = []
    hexs = lambda k: f"{w.rng.getrandbits(4 * k):0{k}x}"

    edge = w.service("edge", envoy)
    tic = w.service("tickets", pinohttp, errors=lambda c, e: c.log.error("uncaughtException", err={"type": "SequelizeDatabaseError", "message": str(e)}))
    plb = w.service("playback", fastify, errors=lambda c, e: c.log.error(str(e), err={"type": "FastifyError", "message": str(e), "stack": f"FastifyError: {e}\n    at Object.consume (/app/src/revoke.js:12:9)"}))
    drm = w.service("drm", zap, errors=lambda c, e: c.log.error("request failed", error=str(e), logger="license/server.go:140"))
    ing = w.service("ingest", glog, errors=lambda c, e: c.log.error(f"{e}", logger="ingest.cc:301"))
    trc = w.service("transcode", pylogging, errors=lambda c, e: c.log.error(f"worker crashed\nTraceback (most recent call last):\n  File \"/app/worker.py\", line 71, in on_segment\n    proc.check()\nsubprocess.CalledProcessError: {e}", logger="worker"))
    pkg = w.service("packager", debugmod(), errors=lambda c, e: c.log.error(f"Error: {e}", logger="error"))
    ovl = w.service("overlay", winston, errors=lambda c, e: c.log.error(f"consumer: {e}"))
    tip = w.service("tips", kafkajs, errors=lambda c, e: c.log.error("[Runner] Error when calling eachMessage", error=str(e), stack=f"Error: {e}\n    at Runner.processEachMessage (/app/node_modules/kafkajs/src/consumer/runner.js:231:20)", retryCount=0))
    pot = w.service("payouts", boot, errors=lambda c, e: c.log.error(f"Backoff exhausted for tip.accepted\norg.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed\n\tat example.payouts.TipListener.on(TipListener.java:44)\nCaused by: java.lang.IllegalStateException: {e}", logger="o.s.k.l.DefaultErrorHandler"))
    tip.log.info("[Consumer] Starting", groupId="tips-moderation")
    tip.log.info("[ConsumerGroup] Consumer has joined the group", groupId="tips-moderation", memberId=f"tips-{hexs(8)}", isLeader=True, memberAssignment={"tip.created": [0, 1, 2]}, groupProtocol="RoundRobinAssigner", duration=3021)
    pot.log.info("Started PayoutsApplication in 4.11 seconds (process running for 4.6)", logger="example.payouts.PayoutsApplication")

    # ---- edge
    @edge.http("ANY *")
    async def proxy(c, b):
        verb, path = b["_route"].split(" ")
        to = {"tickets": "tickets", "play": "playback", "sessions": "playback", "tips": "tips"}[path.split("/")[2]]
        rid = "%s-%s-4%s-b%s-%s" % tuple(hexs(k) for k in (8, 4, 3, 3, 12))
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"} | {"rid": rid}, client_span=False)
        c.log.info("", verb=verb, path=path, st=st, rx=c.rng.randrange(0, 400), tx=c.rng.randrange(20, 4000), ms=int(c.elapsed_ms()), ip=f"84.{c.rng.randrange(256)}.7.{c.rng.randrange(256)}",
                   ua=c.rng.choice(["StageApp/4.2 (iOS)", "StageApp/4.1 (Android)", "Mozilla/5.0"]), rid=rid, incoming=True)
        return st, a
    edge.noise(9, lambda log: log.warning("lb_policy: no healthy host for cluster canary"))

    # ---- tickets
    async def seq(c, sql, ms=5, told=True):
        async with c.span(sql.split(" ")[0] + " tickets", "CLIENT") as s:
            await s.work(ms)
            if told: s.log.debug(f"Executed (default): {sql}; Elapsed time: {s.elapsed_ms():.0f}ms")

    def req(c, b, st):
        verb, path = b["_route"].split(" ")
        c.log.info("request completed", req={"id": b.get("rid", c.rng.randrange(9000)), "method": verb, "url": path}, res={"statusCode": st}, responseTime=round(c.elapsed_ms()), incoming=True)

    @tic.http("POST /v1/tickets")
    async def buy(c, b):
        n["t"] += c.rng.randrange(1, 4)
        t = f"TCK{n['t']:07d}"
        await seq(c, f"INSERT INTO \"tickets\" (\"id\",\"show\",\"fan\",\"status\") VALUES ('{t}','{b['show']}','{b['fan']}','held') RETURNING \"id\"")
        async with c.span("POST checkout.adyen", "CLIENT") as s:
            for k in range(3):
                await s.work(240)
                if c.rng.random() > 0.08: break
                s.log.warning("payment request failed, retrying", ticket=t, attempt=k + 1, code="ECONNRESET")
            ok = c.rng.random() > 0.05
            s.log.info("payment authorised" if ok else "payment refused", ticket=t, pspReference=f"{c.rng.randrange(10 ** 15, 10 ** 16)}")
        if not ok:
            await seq(c, f"UPDATE \"tickets\" SET \"status\"='void' WHERE \"id\" = '{t}'", told=False)
            req(c, b, 402)
            return 402, {}
        w.tickets[t] = {"show": b["show"], "fan": b["fan"], "state": "VALID"}
        async with c.producer("ticket.sold") as p:
            await p.send({"ticket": t, "show": b["show"], "fan": b["fan"]})
            if c.rng.random() < 0.5: p.log.debug("produced ticket.sold", key=t)
        req(c, b, 201)
        return 201, {"ticket": t}

    @tic.http("GET /internal/entitlements/{ticket}")
    async def entitled(c, b):
        t = b["_route"].split("/")[-1]
        await seq(c, f"SELECT \"status\", \"show\" FROM \"tickets\" WHERE \"id\" = '{t}' LIMIT 1", 2)
        return (200, {"show": w.tickets[t]["show"]}) if w.tickets[t]["state"] == "VALID" else (403, {})

    @tic.http("POST /v1/tickets/{id}/refund")
    async def refund(c, b):
        t = b["_route"].split("/")[-2]
        if w.tickets[t]["state"] != "VALID":
            req(c, b, 409)
            return 409, {}
        w.tickets[t]["state"] = "REFUNDED"
        async with c.span("POST refunds.adyen", "CLIENT") as s: await s.work(210)
        await seq(c, f"UPDATE \"tickets\" SET \"status\"='refunded' WHERE \"id\" = '{t}'")
        await c.publish("ticket.revoked", {"ticket": t, "show": w.tickets[t]["show"], "fan": w.tickets[t]["fan"]}, producer_span=False)
        c.log.info("ticket refunded", ticketId=t)
        req(c, b, 200)
        return 200, {}
    tic.noise(4, lambda log: log.info("request completed", req={"method": "GET", "url": "/live"}, res={"statusCode": 200}, responseTime=0))

    # ---- playback
    @plb.http("POST /v1/play")
    async def play(c, b):
        n["req"] += 1
        rq = f"req-{n['req']:x}"
        c.log.info("incoming request", reqId=rq, req={"method": "POST", "url": "/v1/play", "hostname": "playback:3000", "remoteAddress": "10.12.0.4"}, incoming=True)
        t = b["ticket"]
        async with c.client("tickets", f"GET /internal/entitlements/{t}") as k:
            st, a = await k.send({})
            if st != 200: k.log.warning("not entitled", reqId=rq, ticket=t, status=st)
        if st == 200:
            async with c.span("redis INCR", "CLIENT") as s:
                await s.work(1)
                others = [x for x, y in w.sessions.items() if y["ticket"] == t and y["live"]]
                s.log.debug(f"write command[10.12.3.3:6379]: 0 -> incr([ 'dev:{t}' ])", reqId=rq)
            for x in others:
                w.sessions[x]["live"] = False
                await c.publish("session.kicked", {"session": x, "ticket": t, "why": "device limit"})
            sid = "ps-" + hexs(12)
            st, lic = await c.call("drm", "POST /license", {"session": sid, "ticket": t, "device": b["device"]})
            if st == 200:
                w.sessions[sid] = {"ticket": t, "show": a["show"], "live": True}
                async with c.producer("session.started") as p:
                    p.log.info("session started", reqId=rq, session=sid, show=a["show"], fan=w.tickets[t]["fan"])
                    await p.send({"session": sid, "show": a["show"], "ticket": t})
        c.log.info("request completed", reqId=rq, res={"statusCode": st}, responseTime=round(c.elapsed_ms(), 3))
        return st, {"session": sid} if st == 200 else {}

    @plb.http("POST /v1/sessions/{id}/heartbeat")
    async def beat(c, b):
        s = b["_route"].split("/")[-2]
        await c.work(2)
        alive = w.sessions[s]["live"]
        if not alive or c.rng.random() < 0.5: c.log.debug("heartbeat" if alive else "heartbeat of dead session", session=s, bufferMs=c.rng.randrange(800, 9000), incoming=True)
        return (204 if alive else 410), {}

    @plb.http("GET /v1/sessions/{id}")
    async def state(c, b):
        async with c.span("redis HGETALL", "CLIENT") as s:
            await s.work(1)
            s.log.debug(f"write command[10.12.3.3:6379]: 0 -> hgetall([ 'sess:{b['_route'].split('/')[-1]}' ])")
        return 200, {}

    @plb.consumer("ticket.revoked", retries=1)
    async def revoke(c, m):
        live = [x for x, y in w.sessions.items() if y["ticket"] == m.body["ticket"] and y["live"]]
        for x in live:
            w.sessions[x]["live"] = False
            async with c.producer("session.kicked") as p:
                await p.send({"session": x, "ticket": m.body["ticket"], "why": "refund"})
                p.log.info("killing session", session=x)
        c.log.info(f"revoked {m.body['ticket']}", sessions=len(live), incoming=True)

    # ---- drm
    @drm.http("POST /license")
    async def license(c, b):
        async with c.span("hsm wrap key", "CLIENT") as s:
            await s.work(22)
            s.log.debug("content key wrapped", kid=hexs(8), took=f"{s.elapsed_ms():.2f}ms", logger="hsm/client.go:61")
        if c.rng.random() < 0.03:
            c.log.error("device certificate revoked", session=b["session"], device=b["device"], logger="license/server.go:88", incoming=True)
            return 403, {}
        c.log.info("license issued", session=b["session"], device=b["device"], ttl=14400, logger="license/server.go:97", incoming=True)
        return 200, {}

    @drm.consumer("session.kicked")
    async def withdraw(c, m):
        await c.work(3)
        c.log.info("license withdrawn", session=m.body["session"], reason=m.body["why"], logger="license/revoke.go:33", incoming=True)
    drm.noise(6, lambda log: log.debug("hsm ping", rtt=f"{w.rng.random() * 3:.2f}ms", logger="hsm/client.go:22"))

    # ---- ingest -> transcode -> packager
    for sh in SHOWS:
        async def segment(c, sh=sh):
            n["seg"][sh] += 1
            no = n["seg"][sh]
            async with c.span("demux") as s:
                await s.work(30)
                s.log.debug(f"stream={sh} seq={no} frames={c.rng.randrange(118, 122)} pts={no * 360000}", logger="demux.cc:212")
            for rung in ("1080p", "720p", "audio"):
                await c.publish("segment.raw", {"show": sh, "seq": no, "rung": rung}, producer_span=False)
            c.log.info(f"segment {sh}/{no} cut, {c.rng.randrange(900, 2400)} KiB", logger="segmenter.cc:88")
        segment.__name__ = "cut segment"
        ing.every(2.0, first=0.7 * list(SHOWS).index(sh) + 0.3)(segment)
    ing.noise(5, lambda log: log.warning(f"rtmp jitter {w.rng.randrange(20, 90)} ms", logger="rtmp.cc:57"))

    @trc.consumer("segment.raw", retries=2, retry_ms=250, concurrency=9)
    async def encode(c, m):
        x = m.body
        name = f"{x['show']}/{x['rung']}/{x['seq']}"
        if x["rung"] != "audio": c.log.debug(f"start {name}", logger="worker", incoming=True)
        async with c.span("ffmpeg") as s:
            await s.work({"1080p": 620, "720p": 340, "audio": 40}[x["rung"]], 0.2)
            if c.rng.random() < 0.03 and m.attempt < 3:
                s.log.error(f"ffmpeg exited with 137 on {name}", logger="ffmpeg")
                raise Exception("137")
            if x["rung"] == "1080p": s.log.debug(f"frame=  120 fps={c.rng.randrange(170, 260)} q=28.0 size={c.rng.randrange(800, 1600)}kB time=00:00:02.00 speed={c.rng.uniform(2.2, 4):.2f}x", logger="ffmpeg")
        await c.work(25)
        await c.publish("rendition.done", {**x, "uri": f"s3://live/{name}.m4s"}, producer_span=False)
        c.log.info(f"{name} done in {c.elapsed_ms() / 1000:.2f}s", logger="worker", incoming=x["rung"] == "audio")

    @pkg.consumer("rendition.done", retries=1)
    async def join(c, m):
        key = (m.body["show"], m.body["seq"])
        got = parts.setdefault(key, set())
        got.add(m.body["rung"])
        c.log.debug(f"{m.body['uri']} ({len(got)}/3)", logger="join", incoming=True)
        if len(got) < 3 or key in seen: return
        seen[key] = 1
        async with c.span("write manifest") as s:
            await s.work(6)
            s.log.debug(f"manifest {key[0]} seq {key[1]} +1 window 12", logger="hls")
        async def pop(name):
            async with c.span("PURGE " + name, "CLIENT") as s:
                await s.work(45, 0.6)
                if c.rng.random() < 0.1: s.log.warning(f"purge {name} slow, {s.elapsed_ms():.0f}ms", logger="cdn")
                elif name != "ams": s.log.debug(f"purge {name} /live/{key[0]}/master.m3u8 200", logger="cdn")
        await asyncio.gather(*(pop(x) for x in ("fra", "vie", "ams")))
        async with c.producer("segment.live") as p:
            await p.send({"show": key[0], "seq": key[1]})
            p.log.debug(f"segment.live {key[0]} {key[1]}", logger="amqp")

    # ---- tips
    @tip.http("POST /v1/tips")
    async def give(c, b):
        t = "tip_" + hexs(16)
        async with c.span("POST wallet debit", "CLIENT") as s:
            await s.work(60)
            ok = c.rng.random() > 0.06
            if not ok: s.log.warning("debit refused", tipId=t, fan=b["fan"], cents=b["cents"])
        if not ok: return 402, {}
        async with c.producer("tip.created") as p:
            n["off"] += 1
            p.log.debug("[Connection] Request Produce(key: 0, version: 7)", logger="kafkajs", broker="kafka-1:9092", clientId="tips", correlationId=n["off"], expectResponse=True, size=c.rng.randrange(240, 400))
            await p.send({"tip": t, **{k: b[k] for k in ("show", "fan", "cents", "text")}}, f"tip.created-{n['off'] % 3}-{n['off']}")
        c.log.info("tip taken", tipId=t, show=b["show"], cents=b["cents"], incoming=True)
        return 202, {"tip": t}

    @tip.consumer("tip.created", retries=2, retry_ms=300)
    async def moderate(c, m):
        top, part, offset = m.id.split("-")
        async with c.span("POST perspective analyze", "CLIENT") as s:
            await s.work(130, 0.5)
            if c.rng.random() < 0.05 and m.attempt < 3:
                s.log.error("[Runner] Error when calling eachMessage", logger="kafkajs", topic=top, partition=int(part), offset=offset, error="Request failed with status code 429")
                raise Exception("429")
            tox = round(c.rng.random() ** 3, 3)
        ok = tox < 0.75
        c.log("INFO" if ok else "WARN", "moderated" if ok else "text hidden", tipId=m.body["tip"], partition=int(part), offset=offset, toxicity=tox, incoming=True)
        async with c.producer("tip.accepted") as p:
            await p.send({**m.body, "text": m.body["text"] if ok else ""})
            if ok: p.log.debug("tip.accepted produced", key=m.body["tip"])

    # ---- overlay (websockets)
    for topic, event, key in (("tip.accepted", "tip", "tip"), ("segment.live", "tick", "seq"), ("session.started", "hello", "session"), ("session.kicked", "bye", "session"), ("ticket.sold", "counter", "ticket")):
        @ovl.consumer(topic)
        async def emit(c, m, event=event, key=key):
            if event in ("tip", "bye"):
                async with c.span("io.emit") as s:
                    await s.work(3)
                    s.log.debug(f'engine:ws writing "42[\\"{event}\\",{{\\"{key}\\":\\"{m.body[key]}\\"}}]"')
            else: await c.work(2)
            if event == "tick" and c.rng.random() < 0.4: return
            c.log.info(f"emitted {event}", room=m.body.get("show", "-"), sockets=c.rng.randrange(0, 900), **{key: m.body[key]}, incoming=True)
    ovl.noise(4, lambda log: log.debug("engine:ws closing", code=1001))

    # ---- payouts
    @pot.consumer("tip.accepted", retries=2, retry_ms=500)
    async def split(c, m):
        c.log.info(f"Tip {m.body['tip']} of {m.body['cents']} ct for {SHOWS[m.body['show']]}", logger="example.payouts.TipListener", incoming=True)
        for who in ("band", "venue", "platform"):
            async with c.span("insert posting", "CLIENT") as s:
                await s.work(3)
                if who != "platform": s.log.debug(f"insert into posting (account, tip, amount) values ({m.body['show']}:{who}, {m.body['tip']}, {m.body['cents'] * {'band': 80, 'venue': 12}[who] // 100})", logger="org.hibernate.SQL")
        ledger.append((m.body, c))

    @pot.every(7)
    async def settle_shows(c):
        pending, ledger[:] = ledger[:], []
        if not pending: return
        c.log.info(f"Settlement of {len(pending)} tips begins", logger="example.payouts.SettlementJob")
        for sh in SHOWS:
            mine = [x for x in pending if x[0]["show"] == sh]
            if not mine: continue
            for _, origin in mine: c.link(origin)
            async with c.span("bank transfer", "CLIENT") as s:
                await s.work(150)
                s.log.info(f"Transfer {sh} {sum(x['cents'] for x, _ in mine) * 80 // 100} ct, {len(mine)} tips", logger="example.payouts.BankClient")
        c.log.info(f"Settlement done in {c.elapsed_ms():.0f} ms", logger="example.payouts.SettlementJob")
    pot.noise(6, lambda log: log.debug("HikariPool-1 - Pool stats (total=10, active=0, idle=10, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))


async def load(w):
    r = w.rng

    async def fan(i):
        f = f"fan-{r.randrange(10 ** 5, 10 ** 6)}"
        st, a = await w.start("edge", "POST /v1/tickets", {"show": r.choice(list(SHOWS)), "fan": f})
        if st != 201: return
        t = a["ticket"]
        await sleep(r.uniform(300, 2500))
        if i % 9 == 4: return await w.start("edge", f"POST /v1/tickets/{t}/refund")
        st, s = await w.start("edge", "POST /v1/play", {"ticket": t, "device": r.choice(["ios", "tv", "web"]) + "-" + f"{r.getrandbits(24):06x}"})
        if st != 200: return
        for k in range(i % 3):
            await sleep(r.uniform(700, 1800))
            if k == 0 and i % 2: await w.start("edge", f"POST /v1/sessions/{s['session']}/heartbeat")
            else: await w.start("edge", "POST /v1/tips", {"show": w.tickets[t]["show"], "fan": f, "cents": r.choice([100, 200, 500, 2000]), "text": "zugabe"})
        if i % 8 == 1:
            await w.start("edge", "POST /v1/play", {"ticket": t, "device": f"tv-{r.getrandbits(24):06x}"})
            await w.start("edge", f"GET /v1/sessions/{s['session']}")
        if i % 11 == 7: await w.start("edge", f"POST /v1/tickets/{t}/refund")
    await arrivals(w, 60, 2.6, fan)
    await sleep(3000)

record(build, load, "s_concertstream")
