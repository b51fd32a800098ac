"""E-sports ladder: Envoy, a Phoenix arena, an Erlang matchmaker over RabbitMQ, C++ game servers with the log lines of their engine, Go lambdas that look for cheats,
a Ruby bracket that joins results with verdicts, payouts with retries and a parking queue, a Perl chat bot, demo uploads by shell."""
import json
from world import *


def envoy(r):           # edge: Envoy's default text
    f = r.fields
    if "req" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid % 60}][{r.level.lower()}][upstream] [source/common/upstream/cluster_manager_impl.cc:240] {r.message}"
    begin = r.time - datetime.timedelta(milliseconds=f["ms"])
    t = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    return (f'[{begin:%Y-%m-%dT%H:%M:%S}.{begin.microsecond // 1000:03d}Z] "{f["req"]} HTTP/2" {f["st"]} - {f["inn"]} {f["out"]} {f["ms"]} {max(0, f["ms"] - 1)} "{f["ip"]}" "ladder-client/2.{f["inn"] % 9}" "{f["rid"]}" "api.ladder.gg" "10.2.0.14:4000"{t}'
            + (f' "{r.incoming}"' if r.incoming else ""))


def gcloud(r):          # arena: LoggerJSON, Google Cloud formatter
    d = {"message": r.message, "severity": {"WARN": "WARNING"}.get(r.level, r.level), "time": isoz(r, 6)}
    f = dict(r.fields)
    src = f.pop("src", None)
    if src: d["logging.googleapis.com/sourceLocation"] = {"file": "lib/arena/" + src.split(":")[0], "line": int(src.split(":")[1]), "function": "Elixir.Arena"}
    d |= f
    if r.trace_id: d |= {"logging.googleapis.com/trace": r.trace_id, "logging.googleapis.com/spanId": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def otp(r):             # mm: OTP logger, own template [time, level, mfa, msg] with the ids as domain
    t = f"tid={r.trace_id} sid={r.span_id} " if r.trace_id else ""
    if r.incoming: t += f"ctx={r.incoming} "
    return f"{r.time:%d-%b-%Y %H:%M:%S}.{r.time.microsecond:06d} {'warning' if r.level == 'WARN' else r.level.lower()}: {t}[{r.logger}] {r.message}"


def engine(r):          # gsd: the old engine's log: whole seconds
    t = f' (trace "{r.trace_id}") (span "{r.span_id}")' if r.trace_id else ""
    if r.incoming_parent: t += f' (parent "{r.incoming_parent}")'
    return f"L {r.time:%m/%d/%Y - %H:%M:%S}: {r.message}{t}"


def golambda(r):        # fairplay: Lambda with JSON log format: platform events and zap's
    if "type" in r.fields: return json.dumps({"time": isoz(r), "type": r.fields["type"], "record": r.fields["record"]}, separators=(",", ":"))
    d = {"level": r.level.lower(), "ts": round(r.ns / NS, 6), "caller": r.logger, "msg": r.message, **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def semantic(r):        # bracket: semantic_logger
    tags = f" {{trace_id: {r.trace_id}, span_id: {r.span_id}" + (f", parent_id: {r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else ""
    f = dict(r.fields)
    dur = f" ({f.pop('ms'):.3f}ms)" if "ms" in f else ""
    pl = " -- {" + ", ".join(f":{k}=>{json.dumps(v)}" for k, v in f.items()) + "}" if f else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d} {r.level[0]} [{r.pid}:{r.thread * 20}]{tags}{dur} {r.logger} -- {r.message}{pl}"


def ougai(r):           # payouts: Ougai, a Ruby bunyan
    d = {"name": "payouts", "hostname": "pay-2", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": isoz(r, 3), "v": 0, "msg": r.message, **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d)


def anyevent(r):        # bot: AnyEvent::Log
    t = f" [{r.trace_id}-{r.span_id}]" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d} +0000 {r.level.lower()[:5]:<5} Ladder::Bot: {r.message}{t}" + (f" from {r.incoming}" if r.incoming else "")


def shell(r):           # demos: set -x and echo
    t = f" # {r.trace_id} {r.span_id}" if r.trace_id else ""
    return f"{r.time:%H:%M:%S} {r.message}{t}" if r.fields.get("plain") else f"[{r.time:%Y-%m-%dT%H:%M:%S}+0000] demo-up: {r.message}{t}"


def rabbit(r):          # rabbitmq: 3.13 console
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}+00:00 [{'warning' if r.level == 'WARN' else r.level.lower()}] <0.{r.fields['p']}.0> {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.0, 5
    w.matches, w.players, tickets, waits, joins = {}, {}, [], {}, {}
    n = {"match": w.rng.randrange(52000, 58000), "ticket": 0, "pay": 4400, "srv": 0}
    MAPS = ["de_anubis", "de_mirage", "de_nuke", "de_train"]

    def nxt(k, by=1):
        n[k] += by
        return n[k]

    edge = w.service("edge", envoy)
    arena = w.service("arena", gcloud, errors=lambda c, e: c.log.error(f"** (RuntimeError) {e}\n    (arena 5.0.1) lib/arena/live.ex:77: Arena.Live.handle_info/2", src="live.ex:77"))
    mm = w.service("mm", otp, errors=lambda c, e: c.log.error(f"handle_info crashed: {e}", logger="mm_amqp:handle_info/2:91"))
    gsd = w.service("gsd", engine)
    fair = w.service("fairplay", golambda, errors=lambda c, e: c.log.error("invocation failed", logger="main.go:58", error=str(e)))
    brk = w.service("bracket", semantic, errors=lambda c, e: c.log.error("Processor failed", logger="Shoryuken::Processor", exception=str(e)))
    pay = w.service("payouts", ougai, errors=lambda c, e: c.log.error("job crashed", err={"name": "RuntimeError", "message": str(e), "stack": "app/jobs/pay.rb:40:in `perform'"}))
    bot = w.service("bot", anyevent, errors=lambda c, e: c.log.error(f"callback died: {e}"))
    demos = w.service("demos", shell, errors=lambda c, e: c.log.error(f"exit 1: {e}"))
    mq = w.service("rabbitmq", rabbit)
    uuid = lambda: "%08x-%04x-4%03x-b%03x-%012x" % tuple(w.rng.getrandbits(k) for k in (32, 16, 12, 12, 48))

    @edge.http("ANY *")
    async def proxy(c, b):
        rid = uuid()
        path = b["_route"].split(" ")[1]
        be = "payouts" if path.startswith("/v1/payouts") else "bracket" if path.endswith("/dispute") else "arena"
        st, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False, rid=rid)
        c.log.info("", req=b["_route"], st=st, ms=int(c.elapsed_ms()), inn=c.rng.randrange(0, 300), out=c.rng.randrange(20, 900), ip=f"188.{c.rng.randrange(99)}.4.{c.rng.randrange(250)}", rid=rid, incoming=True)
        return st, a
    edge.noise(10, lambda l: l.info("cm: cluster arena: updated hosts, 3 healthy 0 degraded"))

    # ---------------------------------------------------------------- arena
    @arena.http("POST /v1/queue")
    async def queue(c, b):
        t = f"tk_{nxt('ticket', w.rng.randrange(1, 99)):06d}"
        c.log.info(f"POST /v1/queue player={b['player']}", request_id=b["_headers"].get("rid"), src="queue_controller.ex:18", incoming=True)
        async with c.span("redis GET elo", "CLIENT") as s:
            await s.work(1.2)
            elo = w.players.setdefault(b["player"], {"elo": s.rng.randrange(900, 2400), "banned": False})
        if elo["banned"]:
            c.log.warning("queue refused, player banned", player_id=b["player"], src="queue_controller.ex:24")
            return 403, {}
        async with c.producer("mm.enqueue") as p:
            await p.send({"ticket": t, "player": b["player"], "elo": elo["elo"], "map": b["map"]})
            p.log.debug("basic.publish mm.enqueue", ticket=t, src="amqp.ex:40")
        c.log.info(f"Sent 202 in {c.elapsed_ms():.0f}ms", request_id=b["_headers"].get("rid"), src="endpoint.ex:1")
        return 202, {"ticket": t}

    @arena.http("POST /v1/matches/{id}/accept")
    async def accept(c, b):
        mid = int(b["_route"].split("/")[3])
        c.log.debug("ready click", match_id=mid, player_id=b["player"], src="ready_controller.ex:11", incoming=True)
        await c.publish("mm.accept", {"match": mid, "player": b["player"]})
        return 204, {}

    @arena.http("GET /v1/matches/{id}")
    async def look(c, b):
        mid = int(b["_route"].split("/")[3])
        async with c.span("ecto matches", "CLIENT") as s:
            await s.work(2.5)
            s.log.debug(f'QUERY OK source="matches" db={s.elapsed_ms():.1f}ms', src="repo.ex:1", match_id=mid)
        c.log.info(f"GET /v1/matches/{mid} 200", request_id=b["_headers"].get("rid"), src="endpoint.ex:1", incoming=True)
        return 200, {"state": w.matches[mid]["state"]}

    @arena.consumer("match.offer", retries=1)
    async def offer(c, m):
        await c.work(2)
        c.log.info("pushed match_found over websocket", match_id=m.body["match"], player_id=m.body["player"], src="player_channel.ex:52", incoming=True)
        w._spawn(w.click(m.body["match"], m.body["player"]))

    @arena.consumer("score")
    async def score(c, m):
        await c.work(1)
        if c.rng.random() < 0.7: c.log.debug(f"score {m.body['a']}:{m.body['b']}", match_id=m.body["match"], src="live.ex:61", incoming=True)

    @arena.consumer("match.voided", retries=2)
    async def ban(c, m):
        who = m.body.get("cheater")
        if who: w.players[who]["banned"] = True
        async with c.span("ecto players", "CLIENT") as s:
            await s.work(4)
        c.log.warning("match voided, player banned" if who else "match voided, ratings restored", match_id=m.body["match"], player_id=who, src="moderation.ex:33", incoming=True)
    arena.noise(5, lambda l: l.debug("telemetry vm.memory", total=w.rng.randrange(9 * 10**7, 2 * 10**8), src="telemetry.ex:20"))

    # ---------------------------------------------------------------- matchmaker
    @mm.consumer("mm.enqueue", retries=1)
    async def enqueue(c, m):
        x = m.body
        c.log.info(f"ticket {x['ticket']} player {x['player']} elo {x['elo']} in pool (size {len(tickets) + 1})", logger="mm_pool:add/2:31", incoming=True)
        tickets.append((c, x))
        await c.work(2)
        if len(tickets) < 2: return
        (c1, p1), (_, p2) = tickets.pop(0), tickets.pop(0)
        c.link(c1)
        c.spawn(game(c, p1, p2))

    async def game(c0, p1, p2):
        async with c0.span("mm_match") as c:
            mid = nxt("match", w.rng.randrange(1, 4))
            w.matches[mid] = {"state": "offered", "players": [p1["player"], p2["player"]], "map": p1["map"]}
            c.log.info(f"match {mid}: {p1['ticket']} ({p1['elo']}) vs {p2['ticket']} ({p2['elo']})", logger="mm_match:init/1:22")
            waits[mid] = {"got": set(), "f": w.loop.create_future()}
            await asyncio.gather(*[c.publish("match.offer", {"match": mid, "player": p["player"]}, producer_span=False) for p in (p1, p2)])
            try:
                await asyncio.wait_for(waits[mid]["f"], 4)
            except asyncio.TimeoutError:
                w.matches[mid]["state"] = "expired"
                c.log.warning(f"match {mid} not accepted by {2 - len(waits[mid]['got'])} of 2, tickets dropped", logger="mm_match:timeout/1:70")
                return
            for attempt in (1, 2, 3):
                async with c.client("gsd", "POST /allocate") as k:
                    st, a = await k.send({"match": mid, "map": p1["map"], "players": w.matches[mid]["players"]})
                    k.log.debug(f"allocate {mid} -> {st} {a.get('addr', '')}", logger="mm_gs:allocate/2:15")
                if st == 200: break
                await sleep(250 * attempt)
            w.matches[mid]["state"] = "live" if st == 200 else "failed"
            if st != 200: c.log.error(f"no server for match {mid}", logger="mm_match:allocate/1:88")

    @mm.consumer("mm.accept")
    async def accepted(c, m):
        x = waits[m.body["match"]]
        x["got"].add(m.body["player"])
        await c.work(1)
        c.log.debug(f"match {m.body['match']} accepted by {m.body['player']} ({len(x['got'])}/2)", logger="mm_match:handle_cast/2:54", incoming=True)
        if len(x["got"]) == 2 and not x["f"].done(): x["f"].set_result(1)
    mm.noise(6, lambda l: l.info(f"pool sweep: {len(tickets)} waiting, window {w.rng.randrange(50, 200)}", logger="mm_pool:sweep/1:80"))

    # ---------------------------------------------------------------- game servers
    @gsd.http("POST /allocate")
    async def allocate(c, b):
        await c.work(25)
        if c.rng.random() < 0.08:
            c.log.warning(f'rcon from "10.2.0.9:41022": command "match_load {b["match"]}" refused, server busy', incoming=True)
            return 503, {}
        addr = f"10.60.1.{c.rng.randrange(2, 40)}:27015"
        c.log.info(f'rcon from "10.2.0.9:41022": command "match_load {b["match"]} {b["map"]}"', incoming=True)
        c.spawn(play(c, b, addr))
        return 200, {"addr": addr}

    async def play(c0, b, addr):
        async with c0.span("match") as c:
            mid, (x, y) = b["match"], b["players"]
            c.log.info(f'World triggered "Match_Start" on "{b["map"]}" (matchid "{mid}")')
            a = z = 0
            while a < 2 and z < 2:
                async with c.span("round") as s:
                    await s.work(800, 0.4)
                    win = s.rng.random() < 0.5
                    a, z = a + win, z + (not win)
                    s.log.info(f'"{x if win else y}<{s.rng.randrange(2, 30)}><STEAM_1:0:{s.rng.randrange(10**6)}><CT>" killed "{y if win else x}<{s.rng.randrange(2, 30)}><STEAM_1:1:{s.rng.randrange(10**6)}><TERRORIST>" with "{s.rng.choice(["ak47", "awp", "deagle"])}"' + ("" if s.rng.random() < 0.6 else " (headshot)"))
                    await s.publish("score", {"match": mid, "a": a, "b": z}, producer_span=False)
                    if s.rng.random() < 0.6: s.log.info(f'Team "CT" scored "{a}" with "1" players')
            await c.publish("match.ended", {"match": mid, "winner": x if a > z else y, "players": [x, y], "score": f"{a}:{z}", "demo": f"{mid}-{b['map']}.dem"})
            c.log.info(f'World triggered "Game_Over" (matchid "{mid}") (score "{a}:{z}")')
    gsd.noise(4, lambda l: l.info(f'"server_fps" = "{w.rng.randrange(120, 128)}.{w.rng.randrange(9)}"'))

    # ---------------------------------------------------------------- fair play
    @fair.consumer("match.ended", retries=2, retry_ms=500)
    async def analyse(c, m):
        rq = uuid()
        if c.rng.random() < 0.1: c.log.info("", type="platform.initStart", record={"initializationType": "on-demand", "phase": "init", "runtimeVersion": "provided:al2023.v82", "functionVersion": "7"})
        c.log.info("", type="platform.start", record={"requestId": rq, "version": "7"})
        c.log.info("analysing", logger="handler.go:44", match=m.body["match"], aws_request_id=rq, incoming=True)
        async with c.span("athena query", "CLIENT") as s:
            await s.work(420, 0.5)
            if s.rng.random() < 0.06 and m.attempt < 3:
                s.log.error("athena: Query exhausted resources at this scale factor", logger="athena.go:90", aws_request_id=rq)
                c.log.info("", type="platform.runtimeDone", record={"requestId": rq, "status": "error"})
                raise Exception("athena")
            s.log.debug("query finished", logger="athena.go:97", scanned_mb=s.rng.randrange(3, 90), took_ms=round(s.elapsed_ms()))
        cheat = c.rng.random() < 0.07
        async with c.producer("verdict") as p:
            await p.send({"match": m.body["match"], "cheater": m.body["winner"] if cheat else None, "conf": round(p.rng.uniform(0.6, 0.99), 2)})
            if cheat: p.log.warning("aimbot suspected", logger="model.go:130", match=m.body["match"], player=m.body["winner"])
            else: p.log.info("clean", logger="model.go:133", match=m.body["match"])
        c.log.info("", type="platform.report", record={"requestId": rq, "metrics": {"durationMs": round(c.elapsed_ms(), 3), "billedDurationMs": math.ceil(c.elapsed_ms()), "memorySizeMB": 512, "maxMemoryUsedMB": c.rng.randrange(90, 140)}, "status": "success"})

    # ---------------------------------------------------------------- bracket: joins result and verdict
    async def settle(c, mid):
        j = joins[mid]
        if "res" not in j or "ver" not in j or j.get("done"): return
        j["done"] = True
        async with c.span("pg transaction", "CLIENT") as s:
            await s.work(7)
            s.log.debug("Match Update", logger="ActiveRecord", ms=s.elapsed_ms(), sql=f'UPDATE "matches" SET "winner" = $1, "state" = $2 WHERE "matches"."id" = {mid}')
        if j["ver"]["cheater"]:
            w.matches[mid]["state"] = "voided"
            c.log.warning("Voided", logger="Settle", match_id=mid, cheater=j["ver"]["cheater"])
            await c.publish("match.voided", {"match": mid, "cheater": j["ver"]["cheater"]})
        else:
            w.matches[mid]["state"] = "confirmed"
            w.matches[mid]["winner"] = j["res"]["winner"]
            async with c.producer("match.confirmed") as p:
                await p.send({"match": mid, "winner": j["res"]["winner"], "score": j["res"]["score"]})
                p.log.info("Confirmed", logger="Settle", match_id=mid, score=j["res"]["score"])

    for topic, key in (("match.ended", "res"), ("verdict", "ver")):
        @brk.consumer(topic, retries=2)
        async def part(c, m, key=key):
            mid = m.body["match"]
            joins.setdefault(mid, {})[key] = m.body
            await c.work(2)
            c.log.info("Received " + ("result" if key == "res" else "verdict"), logger="ResultWorker" if key == "res" else "VerdictWorker", match_id=mid, sqs_message=m.id, incoming=True)
            await settle(c, mid)
            if key == "ver": c.log.info("completed", logger="VerdictWorker", ms=c.elapsed_ms())

    @brk.http("POST /v1/matches/{id}/dispute")
    async def dispute(c, b):
        mid = int(b["_route"].split("/")[3])
        x = w.matches[mid]
        await c.work(6)
        ok = x["state"] == "confirmed" and c.rng.random() < 0.7
        c.log.info("Completed #dispute", logger="DisputesController", ms=c.elapsed_ms(), status=202 if ok else 409, match_id=mid, reason=b["why"], incoming=True)
        if ok:
            x["state"] = "disputed"

            async def review():
                await sleep(c.rng.uniform(900, 3000))
                async with c.span("referee") as s:
                    void = s.rng.random() < 0.5
                    x["state"] = "voided" if void else "confirmed"
                    s.log.info("Referee decided", logger="Dispute", match_id=mid, upheld=void)
                    if void: await s.publish("match.voided", {"match": mid})
            c.spawn(review())
        return (202 if ok else 409), {}

    @brk.every(10, first=7)
    async def rebuild_leaderboard(c):
        async with c.span("select", "CLIENT") as s:
            await s.work(35)
        c.log.info("Leaderboard rebuilt", logger="LeaderboardJob", ms=c.elapsed_ms(), rows=len(w.players))
        await c.publish("board", {"rows": len(w.players)})
    brk.noise(8, lambda l: l.debug("Ready: 10, Busy: 0, Active Queues: results, verdicts", logger="Shoryuken::Manager"))

    # ---------------------------------------------------------------- payouts
    @pay.consumer("match.confirmed", retries=1)
    async def credit(c, m):
        async with c.span("pg INSERT ledger", "CLIENT") as s:
            await s.work(5)
            s.log.debug("ledger entry", match=m.body["match"], account=m.body["winner"], cents=250)
        w.players[m.body["winner"]]["credit"] = True
        if c.rng.random() < 0.5: c.log.info("prize credited", match=m.body["match"], incoming=True)

    @pay.consumer("match.voided")
    async def clawback(c, m):
        await c.work(6)
        c.log.info("prize taken back", match=m.body["match"], incoming=True)

    @pay.http("POST /v1/payouts")
    async def payout(c, b):
        no = f"PO{nxt('pay')}"
        c.log.info("payout requested", payout=no, player=b["player"], request_id=b["_headers"].get("rid"), incoming=True)
        async with c.span("pg SELECT ledger", "CLIENT") as s:
            await s.work(3)
        await c.publish("payout.run", {"payout": no, "player": b["player"]})
        return 202, {"payout": no}

    @pay.consumer("payout.run", retries=3, retry_ms=700)
    async def run(c, m):
        no = m.body["payout"]
        async with c.span("POST wise/transfers", "CLIENT") as s:
            await s.work(380, 0.5)
            if s.rng.random() < 0.25:
                s.log.warning("transfer failed, will retry" if m.attempt < 4 else "transfer failed, parking", payout=no, attempt=m.attempt, status=s.rng.choice([429, 502]))
                if m.attempt < 4: raise Exception("wise")
                await s.publish("payout.parked", m.body)
                return
            s.log.info("transfer created", payout=no, transfer=s.rng.randrange(10**8, 10**9), ms=round(s.elapsed_ms()))
        async with c.producer("payout.done") as p:
            await p.send(m.body)
    pay.noise(7, lambda l: l.debug("sidekiq stats", enqueued=w.rng.randrange(5), retry=w.rng.randrange(3)))

    # ---------------------------------------------------------------- bot and demos
    for topic, text in (("match.confirmed", "#{match} gg, {winner} takes it {score}"), ("match.voided", "#{match} has been voided"), ("payout.done", "{payout}: money is on its way to {player}"), ("board", "new leaderboard, {rows} players"), ("payout.parked", "@staff {payout} needs a human")):
        @bot.consumer(topic)
        async def say(c, m, text=text, topic=topic):
            async with c.span("discord POST", "CLIENT") as s:
                await s.work(90)
                if topic == "match.confirmed": s.log.debug(f"rate limit bucket {s.rng.randrange(1, 5)} left")
            c.log.info("said: " + text.format(**m.body), incoming=True)
    bot.noise(9, lambda l: l.debug("gateway heartbeat ack"))

    @demos.consumer("match.ended", retries=1)
    async def upload(c, m):
        f = m.body["demo"]
        c.log.info(f"found {f}", incoming=True)
        async with c.span("aws s3 cp", "CLIENT") as s:
            await s.work(600, 0.4)
            s.log.info(f"upload: ./{f} to s3://ladder-demos/{f}", plain=1)
        if c.rng.random() < 0.4: c.log.info(f"rm -f {f}")
    demos.noise(12, lambda l: l.info(f"disk {w.rng.randrange(40, 80)}% used"))
    mq.noise(3, lambda l: l.info(f"accepting AMQP connection <0.{w.rng.randrange(900, 5000)}.0> (10.2.0.{w.rng.randrange(2, 30)}:{w.rng.randrange(30000, 60000)} -> 10.2.0.5:5672)", p=w.rng.randrange(900, 5000)))
    mq.noise(11, lambda l: l.warning("closing AMQP connection <0.1402.0> (10.2.0.9:51212 -> 10.2.0.5:5672, vhost: '/', user: 'mm'): client unexpectedly closed TCP connection", p=1402))


async def load(w):
    r = w.rng
    names = [a + b for a in ("nyx", "volt", "kira", "zed", "frost", "moss", "ember", "lynx") for b in ("", "_x", "77", "TTV", "9")]

    async def click(mid, player):
        if r.random() < 0.06: return
        await sleep(r.uniform(200, 2400))
        await w.start("edge", f"POST /v1/matches/{mid}/accept", {"player": player})
    w.click = click

    async def one(i):
        x = r.random()
        if x < 0.62 or not w.matches: await w.start("edge", "POST /v1/queue", {"player": r.choice(names), "map": r.choice(["de_anubis", "de_mirage", "de_nuke", "de_train"])})
        elif x < 0.76: await w.start("edge", f"GET /v1/matches/{r.choice(list(w.matches))}")
        elif x < 0.83: await w.start("edge", f"POST /v1/matches/{r.choice(list(w.matches))}/dispute", {"why": r.choice(["lag", "smurf", "cheat"])})
        else: await w.start("edge", "POST /v1/payouts", {"player": r.choice(list(w.players))})
    await arrivals(w, 165, 3.2, one)
    await sleep(6000)

record(build, load, "z_esports")
