"""An online card room: sit down with a buy-in, hands played action by action, tournaments with seats drawn and a prize paid,
deposits by a payment provider's webhook, withdrawals that somebody must look at. C# at the tables, PHP at the cashier, a few others."""
import json, re
from world import *


def J(x): return json.dumps(x, separators=(",", ":"))
def fill(m, f): return re.sub(r"\{@?(\w+)\}", lambda x: str(f.get(x[1], x[0])), m)
def sq(v): return json.dumps(v) if isinstance(v, str) and (" " in v or '"' in v or "=" in v or not v) else v

def traefik(r):      # gate: Traefik access log in JSON
    f = r.fields
    if "DownstreamStatus" not in f: return J({"level": r.level.lower(), "msg": r.message, "time": isoz(r, 0)})
    d = dict(f)
    if r.trace_id: d |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming: d["request_Traceparent"] = r.incoming
    return J(d | {"level": "info", "msg": "", "time": isoz(r, 0)})

def hub(r):          # lobby: Serilog console, the default one with Properties
    l = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    p = {k: v for k, v in r.fields.items() if "{" + k + "}" not in r.message} | {"SourceContext": r.logger}
    if r.trace_id: p |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    if r.incoming_parent: p["ParentId"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%d %H:%M:%S} {l}] {fill(r.message, r.fields)} {J(p)}"

def nlog(r):         # tables: NLog, longdate|level|logger, gdc
    t = f"{r.trace_id};{r.span_id}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 100:04d}|{r.level:<5}|{r.thread:>2}|{t}|{r.logger}|{r.message}" + (f"|<{r.incoming_parent}" if r.incoming_parent else "")

def kv(r):           # wallet: logfmt written by F# people
    s = f"ts={isoz(r, 6)} lvl={r.level.lower()} msg={sq(r.message)}" + "".join(f" {k}={sq(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace={r.trace_id} span={r.span_id}"
    return s + (f" parent={r.incoming_parent}" if r.incoming_parent else "")

def queuework(r):    # histories: old style artisan queue:work and Log lines
    t = f" [{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f"[{r.incoming_parent}]"
    if r.logger == "q": return f"[{r.time:%Y-%m-%d %H:%M:%S}][{r.fields['job']}]{t} {r.message}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] production.{r.level}:{t} {r.message} {J(r.fields) if r.fields else ''}"

def udp(r):          # tourneys: MassTransit host, JSON by Serilog's ElasticsearchJsonFormatter
    d = {"@timestamp": isoz(r, 7), "level": {"INFO": "Information", "WARN": "Warning", "DEBUG": "Debug", "ERROR": "Error"}[r.level], "messageTemplate": r.message, "message": fill(r.message, r.fields),
         "fields": {**r.fields, "SourceContext": r.logger}}
    if r.trace_id: d["traceId"], d["spanId"] = r.trace_id, r.span_id
    if r.incoming: d["fields"]["traceparent"] = r.incoming
    return J(d)

def loguru(r):       # fairplay: loguru
    t = f" | {r.trace_id} {r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" < {r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {r.level.replace('WARN', 'WARNING'):<8} | {r.logger} - {r.message}{t}"

def mono(r):         # cashier: Monolog with a processor that puts uid first
    e = {"uid": "%07x" % (r.pid * 7919 + r.thread)}
    if r.trace_id: e |= {"traceid": r.trace_id, "spanid": r.span_id}
    if r.incoming: e["traceparent"] = r.incoming
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}+00:00] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {J(r.fields) if r.fields else '[]'} {J(e)}"

def slog(r):         # psp: slog text handler
    s = f"time={isoz(r)} level={r.level} msg={sq(r.message)}" + "".join(f" {k}={sq(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" traceparent={r.incoming}" if r.incoming else "")


def build(w):
    w.network_ms, w.broker_ms = 0.7, 6
    n = {"hand": 240_118_400, "tx": 77120, "dep": 5300, "wd": 880, "seat": 0, "sess": 0, "req": 0}
    w.tours, w.withdraws, w.sessions = {}, {}, {}
    deposits = {}

    gate = w.service("gate", traefik)
    lobby = w.service("lobby", hub, errors=lambda c, e: c.log.error("Failed to invoke hub method: {Error}", logger="Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", Error=str(e)))
    tab = w.service("tables", nlog, errors=lambda c, e: c.log.error(f"grain faulted System.ApplicationException: {e}\n   at CardRoom.Tables.TableGrain.OnMessage(Object msg)", logger="CardRoom.Tables.TableGrain"))
    wal = w.service("wallet", kv, errors=lambda c, e: c.log.error("unhandled", exn=str(e)))
    his = w.service("histories", queuework, errors=lambda c, e: c.log.error(f"Illuminate\\Queue\\MaxAttemptsExceededException: {e}", logger="l"))
    tour = w.service("tourneys", udp, errors=lambda c, e: c.log.error("R-FAULT {InputAddress} {Message}", logger="MassTransit", InputAddress="rabbitmq://mq/tourneys", Message=str(e)))
    fair = w.service("fairplay", loguru, errors=lambda c, e: c.log.error(f"{type(e).__name__}: {e}", logger="fairplay.consumer:run:66"))
    cash = w.service("cashier", mono, errors=lambda c, e: c.log.error(f'Error thrown while handling message. Removing from transport after 3 retries. Error: "{e}"', logger="messenger"))
    psp = w.service("psp", slog)

    @gate.http("ANY *")
    async def enter(c, b):
        verb, path = b["_route"].split(" ")
        to = {"lobby": "lobby", "cashier": "cashier", "tour": "tourneys"}[path.split("/")[1]]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        n["req"] += 1
        c.log.info("", ClientHost=f"93.184.{c.rng.randrange(200)}.{c.rng.randrange(250)}", DownstreamStatus=st, Duration=int(c.elapsed_ms() * 1e6), RequestCount=n["req"], RequestMethod=verb, RequestPath=path, RouterName=to + "@docker", ServiceName=to + "@docker", incoming=True)
        return st, a
    gate.noise(9, lambda log: log.info("Configuration reload skipped, no change"))

    # -------------------------------------------------------------- lobby (SignalR)
    H = "CardRoom.Lobby.LobbyHub"

    @lobby.http("POST /lobby/sit")
    async def sit(c, b):
        c.log.info("Player {PlayerId} wants a seat at {TableId}", logger=H, PlayerId=b["player"], TableId=b["table"], incoming=True)
        async with c.client("wallet", "POST /reserve") as k:
            st, a = await k.send({"player": b["player"], "amount": b["buyin"], "why": "buyin"})
            if st != 200: k.log.warning("Wallet refused: {Status}", logger="CardRoom.Lobby.WalletClient", Status=st)
        if st != 200: return 402, {}
        st2, s = await c.call("tables", f"POST /tables/{b['table']}/seats", {"player": b["player"], "stack": b["buyin"], "reservation": a["id"]})
        if st2 != 201:
            c.log.warning("{TableId} full, reservation {Reservation} given back", logger=H, TableId=b["table"], Reservation=a["id"])
            await c.call("wallet", f"DELETE /reserve/{a['id']}", {})
            return 409, {}
        c.log.debug("Completed invocation sit in {Elapsed} ms", logger=H, Elapsed=round(c.elapsed_ms(), 1), Connection=f"c{c.rng.getrandbits(40):010x}")
        return 201, {"seat": s["seat"], "table": b["table"]}

    @lobby.http("POST /lobby/leave")
    async def leave(c, b):
        st, _ = await c.call("tables", f"POST /tables/{b['table']}/leave", {"player": b["player"]})
        c.log.info("Player {PlayerId} left {TableId} ({Status})", logger=H, PlayerId=b["player"], TableId=b["table"], Status=st, incoming=True)
        return st, {}

    @lobby.consumer("hand.finished")
    async def refresh(c, m):
        await c.work(3)
        if c.rng.random() < 0.7: c.log.debug("Pushed result of hand {HandNo} to {Count} clients", logger="CardRoom.Lobby.Broadcaster", HandNo=m.body["hand"], Count=c.rng.randrange(2, 40), incoming=True)

    @lobby.consumer("balance.changed")
    async def balance(c, m):
        c.log.info("Balance of {PlayerId} is now {Cents}", logger="CardRoom.Lobby.Broadcaster", PlayerId=m.body["player"], Cents=m.body["cents"])
    lobby.noise(5, lambda log: log.debug("{Count} connections", logger="Microsoft.AspNetCore.Http.Connections", Count=w.rng.randrange(300, 400)))

    # -------------------------------------------------------------- tables (Orleans grains; the hand is played here)
    T = "CardRoom.Tables.TableGrain"

    @tab.http("POST /tables/{id}/seats")
    async def seat(c, b):
        t = b["_route"].split("/")[2]
        await c.work(3)
        if c.rng.random() < 0.06: return 409, {}
        n["seat"] += 1
        s = n["seat"] % 9 + 1
        c.log.info(f"{t}: seat {s} taken by {b['player']} with {b['stack']}", logger=T, incoming=True)
        await c.publish("player.seated", {"table": t, "player": b["player"], "reservation": b["reservation"]})
        c.spawn(play(c, t, b["player"]))
        return 201, {"seat": s}

    async def play(c, t, hero):
        for _ in range(c.rng.randrange(1, 3)):
            await sleep(c.rng.uniform(200, 900))
            n["hand"] += 1
            h = f"#{n['hand']}"
            async with c.span("hand", "INTERNAL") as g:
                g.log.info(f"{t} hand {h} starts, button seat {c.rng.randrange(1, 10)}", logger=T)
                pot = 0
                for street in ("preflop", "flop", "turn", "river")[:g.rng.choice([1, 2, 3, 4, 4])]:
                    await sleep(g.rng.uniform(150, 700))
                    bet = g.rng.randrange(2, 60) * 5
                    pot += bet
                    async with g.producer("hand.action") as p:
                        await p.send({"hand": int(h[1:]), "street": street, "player": hero, "bet": bet, "table": t})
                        p.log.debug(f"{h} {street}: {hero} bets {bet}, pot {pot}", logger=T)
                    if g.rng.random() < 0.04: g.log.warning(f"{h} {hero} timed out, auto fold", logger="CardRoom.Tables.Clock")
                rake = pot // 20
                async with g.producer("hand.finished") as p:
                    await p.send({"hand": int(h[1:]), "table": t, "winner": hero, "pot": pot, "rake": rake})
                    p.log.info(f"{t} hand {h} ends, {hero} wins {pot - rake} (rake {rake})", logger=T)

    @tab.http("POST /tables/{id}/leave")
    async def stand(c, b):
        t = b["_route"].split("/")[2]
        c.log.info(f"{t}: {b['player']} stands up", logger=T, incoming=True)
        await c.call("wallet", "POST /credit", {"player": b["player"], "cents": c.rng.randrange(0, 40000), "ref": t})
        return 200, {}
    tab.noise(4, lambda log: log.debug(f"Silo stats: {w.rng.randrange(60, 90)} activations, queue 0", logger="Orleans.Runtime.Silo"))

    # -------------------------------------------------------------- wallet
    async def ledger(c, kind, player, cents):
        n["tx"] += 1
        async with c.span("pg tx", "CLIENT") as s:
            await s.work(4)
            s.log.debug("insert into ledger", entry=n["tx"], kind=kind, rows=2)
        return n["tx"]

    @wal.http("POST /reserve")
    async def reserve(c, b):
        if c.rng.random() < 0.05:
            c.log.warning("insufficient funds", player=b["player"], wanted=b["amount"], incoming=True)
            return 402, {}
        tx = await ledger(c, "hold", b["player"], b["amount"])
        c.log.info("reserved", player=b["player"], amount=b["amount"], entry=tx, reason=b["why"], incoming=True)
        return 200, {"id": f"h{tx}"}

    @wal.http("DELETE /reserve/{id}")
    async def unreserve(c, b):
        await ledger(c, "release", None, 0)
        c.log.info("released", hold=b["_route"].split("/")[-1], incoming=True)
        return 204, {}

    @wal.http("POST /credit")
    async def credit(c, b):
        tx = await ledger(c, "credit", b["player"], b["cents"])
        c.log.info("credited", player=b["player"], cents=b["cents"], entry=tx, ref=b["ref"], us=int(c.elapsed_ms() * 1000), incoming=True)
        await c.publish("balance.changed", {"player": b["player"], "cents": b["cents"] + 1700})
        return 200, {}

    @wal.consumer("player.seated")
    async def capture(c, m):
        await c.work(4)
        c.log.info("hold captured", hold=m.body["reservation"], player=m.body["player"])

    @wal.consumer("hand.finished", retries=3, retry_ms=150)
    async def rake(c, m):
        if c.rng.random() < 0.04 and m.attempt < 4:
            c.log.warning("optimistic lock lost, will retry", hand=m.body["hand"], attempt=m.attempt)
            raise Exception("lock")
        tx = await ledger(c, "rake", None, m.body["rake"])
        c.log.info("hand settled", hand=m.body["hand"], rake=m.body["rake"], entry=tx, incoming=True)

    # -------------------------------------------------------------- histories (Laravel queue)
    @his.consumer("hand.action")
    async def append(c, m):
        await c.work(2)
        if m.body["street"] != "preflop": c.log.debug(f"hand {m.body['hand']} + {m.body['street']}", logger="l", incoming=True)

    @his.consumer("hand.finished", retries=1, retry_ms=400, concurrency=5)
    async def write(c, m):
        job = "%08x%08x" % (w.ids.getrandbits(32), w.ids.getrandbits(32))
        c.log.info("Processing: App\\Jobs\\StoreHandHistory", logger="q", job=job, incoming=True)
        async with c.span("insert", "CLIENT") as s:
            await s.work(7)
            s.log.debug("insert into `hands` (`no`, `table`, `pot`) values (?, ?, ?)", logger="l", bindings=[m.body["hand"], m.body["table"], m.body["pot"]])
        if c.rng.random() < 0.03 and m.attempt == 1:
            c.log.error("Failed: App\\Jobs\\StoreHandHistory", logger="q", job=job)
            raise Exception("s3")
        async with c.span("s3 put", "CLIENT") as s: await s.work(35)
        c.log.info("Processed: App\\Jobs\\StoreHandHistory", logger="q", job=job)
    his.noise(9, lambda log: log.info("hand history export idle", logger="l"))

    # -------------------------------------------------------------- tourneys (MassTransit, Hangfire)
    @tour.http("POST /tour/{id}/entries")
    async def enter_tour(c, b):
        t = b["_route"].split("/")[2]
        st, a = await c.call("wallet", "POST /reserve", {"player": b["player"], "amount": 2200, "why": "tourney " + t})
        if st != 200:
            c.log.warning("Entry of {Player} to {Tournament} refused", logger="Tourneys.EntryController", Player=b["player"], Tournament=t, incoming=True)
            return 402, {}
        w.tours.setdefault(t, []).append((b["player"], c))
        async with c.span("SaveChanges", "CLIENT") as s:
            await s.work(6)
            s.log.debug("Executed DbCommand ({elapsed}ms) [Parameters=[@p0='?', @p1='?'], CommandType='Text', CommandTimeout='30'] INSERT INTO entries (tournament_id, player_id) VALUES (@p0, @p1)", logger="Microsoft.EntityFrameworkCore.Database.Command", elapsed=round(s.elapsed_ms()))
        c.log.info("Entry {EntryNo} of {Player} to {Tournament}", logger="Tourneys.EntryController", EntryNo=len(w.tours[t]), Player=b["player"], Tournament=t, incoming=True)
        await c.publish("tourney.entered", {"t": t, "player": b["player"]})
        return 201, {}

    @tour.every(8, first=6)
    async def start_tournaments(c):
        pending = {t: e for t, e in w.tours.items() if e}
        w.tours.clear()
        if not pending: return
        c.log.info("Job StartTournaments: {Count} to start", logger="Hangfire", Count=len(pending))
        for t, entries in pending.items():
            async with c.span("draw seats") as s:
                for _, o in entries: s.link(o)
                await s.work(9)
                s.log.info("{Tournament} draws {Players} seats", logger="Tourneys.SeatDraw", Tournament=t, Players=len(entries))
            for p, _ in entries:
                async with c.producer("seat.assigned") as q:
                    mid = await q.send({"t": t, "player": p})
                    q.log.debug("SEND {Destination} {MessageId} Tourneys.Contracts.SeatAssigned", logger="MassTransit.Messages", Destination="rabbitmq://mq/seat-assigned", MessageId=mid)
            c.spawn(prize(c, t, [p for p, _ in entries]))

    async def prize(c, t, players):
        await sleep(c.rng.uniform(2000, 5000))
        best = c.rng.choice(players)
        async with c.client("wallet", "POST /credit") as k:
            await k.send({"player": best, "cents": 2000 * len(players), "ref": t})
            k.log.info("{Tournament} won by {Player}, prize {Cents}", logger="Tourneys.Payouts", Tournament=t, Player=best, Cents=2000 * len(players))

    @lobby.consumer("seat.assigned")
    async def seat_told(c, m):
        await c.work(2)
        c.log.info("Told {PlayerId} about the seat in {TournamentId}", logger="CardRoom.Lobby.Broadcaster", PlayerId=m.body["player"], TournamentId=m.body["t"], incoming=True)
    tour.noise(6, lambda log: log.debug("Server {Name} heartbeat successfully sent", logger="Hangfire.Server.ServerHeartbeatProcess", Name="tourneys:1:c0ffee"))

    # -------------------------------------------------------------- fairplay (Python)
    @fair.consumer("hand.finished")
    async def check(c, m):
        async with c.span("score") as s:
            await s.work(25, 0.6)
            s.log.debug(f"features for hand {m.body['hand']} took {s.elapsed_ms():.1f} ms", logger="fairplay.features:build:31")
        sc = c.rng.random() ** 4
        if sc > 0.8: c.log.warning(f"hand {m.body['hand']} at {m.body['table']} looks like collusion, score {sc:.2f}", logger="fairplay.consumer:on_hand:52", incoming=True)
        elif sc > 0.05: c.log.info(f"hand {m.body['hand']} ok ({sc:.2f})", logger="fairplay.consumer:on_hand:54", incoming=True)

    @fair.http("GET /risk/{player}")
    async def risk(c, b):
        await c.work(60, 0.5)
        v = c.rng.choice(["low", "low", "low", "high"])
        c.log.info(f"risk of {b['_route'].split('/')[-1]}: {v}", logger="fairplay.api:risk:18", incoming=True)
        return 200, {"risk": v}
    fair.noise(8, lambda log: log.info("model collusion-v14 still fresh", logger="fairplay.models:tick:12"))

    # -------------------------------------------------------------- cashier (Symfony)
    @cash.http("POST /cashier/deposits")
    async def deposit(c, b):
        n["dep"] += 1
        d = f"DEP-{n['dep']}"
        c.log.info('Matched route "deposit_create".', logger="request", route="deposit_create", player=b["player"], incoming=True)
        async with c.span("doctrine insert", "CLIENT") as s:
            await s.work(5)
            if s.rng.random() < 0.5: s.log.debug("Executing statement: INSERT INTO deposit (id, player, cents) VALUES (?, ?, ?)", logger="doctrine", params=[d, b["player"], b["cents"]])
        async with c.client("psp", "POST /v1/intents") as k:
            st, a = await k.send({"merchant_ref": d, "cents": b["cents"]})
            k.log.info(f'Response: "{st} https://psp/v1/intents" {k.elapsed_ms() / 1000:.6f} seconds', logger="http_client")
        deposits[a["intent"]] = (d, b["player"], b["cents"])
        return 201, {"d": d}

    @cash.http("POST /cashier/hooks/psp")
    async def hook(c, b):
        d, player, cents = deposits[b["intent"]]
        c.log.info("psp notification", logger="app", intent=b["intent"], state=b["state"], incoming=True)
        if b["state"] != "succeeded":
            c.log.warning(f"deposit {d} failed", logger="app", reason="3ds")
            return 200, {}
        async with c.producer("deposit.settled") as p:
            p.log.info("Sending message App\\Message\\DepositSettled with async sender", logger="messenger", deposit=d)
            await p.send({"d": d, "player": player, "cents": cents})
        return 200, {}

    @cash.consumer("deposit.settled", retries=3, retry_ms=500)
    async def settle(c, m):
        c.log.info("Received message App\\Message\\DepositSettled", logger="messenger", message_id=m.id, incoming=True)
        st, _ = await c.call("wallet", "POST /credit", {"player": m.body["player"], "cents": m.body["cents"], "ref": m.body["d"]})
        c.log.info("App\\Message\\DepositSettled was handled successfully (acknowledging to transport).", logger="messenger", message_id=m.id)

    @cash.http("POST /cashier/withdrawals")
    async def withdraw(c, b):
        n["wd"] += 1
        x = f"WDR{n['wd']:06d}"
        r1, r2 = await asyncio.gather(c.call("fairplay", f"GET /risk/{b['player']}", {}), c.call("wallet", "POST /reserve", {"player": b["player"], "amount": b["cents"], "why": x}))
        if r2[0] != 200:
            c.log.warning(f"withdrawal {x} not covered", logger="app", player=b["player"], incoming=True)
            return 402, {}
        w.withdraws[x] = "open"
        c.log.info(f"withdrawal {x} accepted", logger="app", risk=r1[1]["risk"], incoming=True)
        c.spawn(review(c, x, b, r1[1]["risk"]))
        return 202, {"x": x}

    async def review(c, x, b, risk):
        if risk == "high":
            await sleep(c.rng.uniform(1500, 5000))
            c.log.info(f"{x} approved by agent{c.rng.randrange(3, 9)}", logger="review")
        for attempt in range(1, 4):
            async with c.client("psp", "POST /v1/payouts") as k:
                st, a = await k.send({"merchant_ref": x, "cents": b["cents"]})
                if st == 201: k.log.info(f"payout {a['payout']} for {x}", logger="app")
                else: k.log.warning("psp answered 429, sleeping", logger="http_client", try_no=attempt)
            if st == 201: break
            await sleep(400 * attempt)
        w.withdraws[x] = "paid"
        await c.publish("withdrawal.paid", {"x": x, "player": b["player"]})

    @cash.http("GET /cashier/withdrawals/{x}")
    async def state(c, b):
        await c.work(3)
        c.log.debug("polled", logger="app", withdrawal=b["_route"].split("/")[-1], state=w.withdraws[b["_route"].split("/")[-1]], incoming=True)
        return 200, {}

    @lobby.consumer("withdrawal.paid")
    async def paid(c, m):
        await c.work(2)
        c.log.info("Withdrawal {Id} paid, toast sent", logger="CardRoom.Lobby.Broadcaster", Id=m.body["x"], incoming=True)
    cash.noise(7, lambda log: log.debug("Redis ping", logger="cache", ms=round(w.rng.random(), 2)))

    # -------------------------------------------------------------- psp (somebody else's)
    @psp.http("POST /v1/intents")
    async def intent(c, b):
        i = f"pi_{c.rng.getrandbits(48):012x}"
        await c.work(70, 0.4)
        c.log.info("intent created", intent=i, merchant_ref=b["merchant_ref"], amount=b["cents"], incoming=True)
        c.spawn(confirm(c, i))
        return 201, {"intent": i}

    async def confirm(c, i):
        await sleep(c.rng.uniform(400, 3500))
        state = "succeeded" if c.rng.random() > 0.1 else "failed"
        async with c.client("cashier", "POST /cashier/hooks/psp") as k:
            st, _ = await k.send({"intent": i, "state": state})
            k.log.info("webhook delivered", intent=i, state=state, status=st)

    @psp.http("POST /v1/payouts")
    async def payout(c, b):
        await c.work(90, 0.4)
        if c.rng.random() < 0.12:
            c.log.warn("rate limited", merchant_ref=b["merchant_ref"], incoming=True)
            return 429, {}
        p = f"po_{c.rng.getrandbits(48):012x}"
        c.log.info("payout queued", payout=p, merchant_ref=b["merchant_ref"], incoming=True)
        return 201, {"payout": p}
    psp.noise(6, lambda log: log.info("keys rotated", kid=f"k{w.rng.randrange(100, 999)}"))


async def load(w):
    r = w.rng
    people = [f"{r.choice(['river', 'fish', 'ace', 'nit', 'tilt', 'shark'])}{r.randrange(10, 999)}" for _ in range(90)]

    async def one(i):
        p, k = r.choice(people), i % 12
        if k < 5:
            t = f"{r.choice(['NLH', 'PLO'])}-{r.randrange(1, 30):02d}"
            s, a = await w.start("gate", "POST /lobby/sit", {"player": p, "table": t, "buyin": r.randrange(20, 200) * 100})
            if s == 201 and r.random() < 0.5:
                await sleep(r.uniform(3000, 8000))
                await w.start("gate", "POST /lobby/leave", {"player": p, "table": t})
        elif k < 8: await w.start("gate", "POST /cashier/deposits", {"player": p, "cents": r.choice([1000, 2000, 5000, 10000])})
        elif k < 10: await w.start("gate", f"POST /tour/MTT{r.randrange(400, 404)}/entries", {"player": p})
        else:
            s, a = await w.start("gate", "POST /cashier/withdrawals", {"player": p, "cents": r.randrange(10, 900) * 100})
            for _ in range(r.randrange(0, 3)):
                await sleep(1500)
                if s == 202: await w.start("gate", f"GET /cashier/withdrawals/{a['x']}")
    await arrivals(w, 150, 4, one)
    await sleep(9000)

record(build, load, "x_poker")
