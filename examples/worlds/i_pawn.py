"""Pawn shops: loans on pledged goods, redemption, forfeited pledges go to auction with bids by internet."""
import asyncio, json
from world import *

# ---------------------------------------------------------------- formatters
def rails(r):
    lv = r.level
    tags = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    p = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{lv[0]}, [{r.time:%Y-%m-%dT%H:%M:%S.%f} #{r.pid}] {lv:>5} -- : {tags}{r.message}{p}"

def loguru(r):
    ids = f" | trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    p = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    lv = {"WARN": "WARNING"}.get(r.level, r.level)
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {lv:<8} | {r.logger} - {r.message}{ids}{p}"

def zerolog(r):
    d = {"level": r.level.lower(), **r.fields}
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming_parent: d["parentID"] = r.incoming_parent
    return json.dumps(d | {"time": isoz(r), "message": r.message}, separators=(",", ":"))

def winston(r):
    ids = f" [{r.trace_id}.{r.span_id}]" if r.trace_id else ""
    kv = " " + json.dumps(r.fields, separators=(",", ":")) if r.fields else ""
    p = f" (from {r.incoming})" if r.incoming else ""
    return f"{isoz(r)} {r.level.lower()}:{ids} {r.message}{kv}{p}"

def quarkus(r):
    ids = f"traceId={r.trace_id}, parentId={r.incoming_parent or ''}, spanId={r.span_id}, sampled=true" if r.trace_id else "traceId=, parentId=, spanId=, sampled="
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:5} {ids} [{r.logger}] (executor-thread-{r.thread}) {r.message}"

def klog(r):
    ids = f' traceID="{r.trace_id}" spanID="{r.span_id}"' if r.trace_id else ""
    if r.incoming: ids += f' traceparent="{r.incoming}"'
    kv = "".join(f' {k}={json.dumps(v)}' for k, v in r.fields.items())
    return f'{ {"WARN": "W", "ERROR": "E"}.get(r.level, "I") }{r.time:%m%d %H:%M:%S.%f} {r.pid:7d} {r.logger}] "{r.message}"{kv}{ids}'

def perl(r):            # whole seconds
    ids = f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" psid={r.incoming_parent}"
    return f"[{r.time:%a %b %d %H:%M:%S %Y}] [{r.level.lower()}] {r.message}{ids}"

def gelf(r):
    d = {"version": "1.1", "host": "customer-desk", "short_message": r.message, "timestamp": round(r.ns / 1e9, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming: d["_traceparent"] = r.incoming
    return json.dumps(d | {"_" + k: v for k, v in r.fields.items()})


GOODS = [("gold ring 585", 180), ("Omega Seamaster", 2400), ("MacBook Pro 14", 900), ("Leica M6", 1900), ("electric guitar", 420), ("silver cutlery", 260), ("diamond earrings", 1500)]

def build(w):
    rng = w.rng
    w.network_ms, w.broker_ms = 1.2, 5.0
    seq = [0]
    def stream_id():                         # redis streams
        seq[0] = (seq[0] + 1) % 3
        return f"{w.ns() // 1_000_000}-{seq[0]}"
    w.new_message_id = stream_id

    till = w.service("branch-till", rails, errors=lambda c, e: c.log.error(f"StandardError ({e})\napp/workers/loan_outcome_worker.rb:31:in `perform'\nlib/streams/consumer.rb:77:in `block in poll'"))
    value = w.service("valuation", loguru, errors=lambda c, e: c.log.error(f"valuation failed: {e}", logger="valuation.main:guard:18"))
    ledger = w.service("ledger", quarkus, errors=lambda c, e: c.log.error(f"SRMSG18203: message nacked: {e}", logger="io.pawn.ledger.Channels"))
    vault = w.service("vault", zerolog, errors=lambda c, e: c.log.error("consumer gave up", error=str(e)))
    police = w.service("stolen-check", perl, errors=lambda c, e: c.log.error(f"died: {e}"))
    auction = w.service("auction-house", winston, errors=lambda c, e: c.log.error("unhandled rejection", reason=str(e)))
    desk = w.service("customer-desk", gelf, errors=lambda c, e: c.log.error(f"dead letter: {e}"))
    pay = w.service("payout", klog, errors=lambda c, e: c.log.error("Reconcile failed", err=str(e), logger="worker.go:58"))
    loans, wait, lots, no = {}, {}, {}, [730000]

    # ------------------------------------------------------- till: a loan is asked for, answers come by reply streams
    @till.http("POST /loans")
    async def loan(ctx, b):
        ctx.log.info(f'Started POST "/loans" for 10.8.{rng.randrange(30)}.14', incoming=True)
        no[0] += 1
        pledge = f"{b['branch']}/{no[0]}"
        ctx.log.info(f"  Parameters: {{\"branch\"=>\"{b['branch']}\", \"item\"=>\"{b['item']}\", \"pledge\"=>\"{pledge}\"}}")
        async def worth():
            async with ctx.client("valuation", "POST /appraise") as c:
                s, a = await c.send({"item": b["item"], "base": b["base"]})
                c.log.debug(f"  Valuation {s} ({a.get('offer')} EUR) in {c.elapsed_ms():.1f}ms")
                return a
        async def clean():
            return (await ctx.call("stolen-check", "POST /query", {"serial": b["serial"], "pledge": pledge}))[1]
        a, hit = await asyncio.gather(worth(), clean())
        if hit["hit"]:
            ctx.log.warn(f"Pledge {pledge} refused, serial number {b['serial']} is reported stolen")
            ctx.log.info(f"Completed 403 Forbidden in {ctx.elapsed_ms():.0f}ms")
            return 403, {}
        async with ctx.span("INSERT INTO pledges", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f"  Pledge Create ({c.elapsed_ms():.1f}ms)  INSERT INTO \"pledges\" (\"number\", \"offer\") VALUES ($1, $2)  [[\"number\", \"{pledge}\"]]")
        loans[pledge] = dict(b, pledge=pledge, offer=a["offer"])
        async with ctx.producer("loan:requested") as p:
            mid = await p.send({"pledge": pledge, "offer": a["offer"], "customer": b["customer"], "item": b["item"]})
            p.log.info(f"XADD loan:requested {mid}")
        ctx.log.info(f"Completed 201 Created in {ctx.elapsed_ms():.0f}ms (ActiveRecord: 4.1ms)")
        return 201, {"pledge": pledge}

    @till.http("POST /redemptions")
    async def redeem(ctx, b):
        ctx.log.info(f'Started POST "/redemptions" for pledge {b["pledge"]}', incoming=True)
        async with ctx.client("ledger", "POST /settlements") as c:
            c.log.debug(f"  Ledger: settling {b['pledge']}")
            s, a = await c.send({"pledge": b["pledge"]})
        if s != 200:
            ctx.log.info(f"Completed {s} in {ctx.elapsed_ms():.0f}ms: balance not covered")
            return 402, {}
        await ctx.publish("pledge:redeemed", {"pledge": b["pledge"], "customer": loans[b["pledge"]]["customer"]})
        ctx.log.info(f"Completed 200 OK in {ctx.elapsed_ms():.0f}ms")
        return 200, {}

    @till.consumer("loan:outcome", retries=1)
    async def outcome(ctx, m):
        ctx.log.info(f"LoanOutcomeWorker: {m.body['pledge']} is {m.body['state']}", incoming=True)
        async with ctx.span("UPDATE pledges", "CLIENT") as c:
            await c.work(3)
        async with ctx.span("print ticket") as c:
            await c.work(60)
            c.log.info(f"ESC/POS ticket for {m.body['pledge']} printed, {rng.randrange(900, 2000)} bytes")
        ctx.log.info(f"LoanOutcomeWorker: done in {ctx.elapsed_ms():.1f}ms")

    # ------------------------------------------------------- valuation
    @value.http("POST /appraise")
    async def appraise(ctx, b):
        ctx.log.info(f"appraising {b['item']!r}", incoming=True, logger="valuation.api:appraise:44")
        async with ctx.span("GET market prices", "CLIENT") as c:
            await c.work(70)
            c.log.debug(f"market feed answered with {rng.randrange(3, 60)} comparables in {c.elapsed_ms():.0f} ms", logger="valuation.market:fetch:21")
        await ctx.work(8)
        offer = int(b["base"] * rng.uniform(0.4, 0.6))
        ctx.log.info(f"offer for {b['item']!r} is {offer} EUR", logger="valuation.api:appraise:61")
        return 200, {"offer": offer}

    # ------------------------------------------------------- stolen goods
    @police.http("POST /query")
    async def query(ctx, b):
        ctx.log.info(f"query serial={b['serial']} pledge={b['pledge']}", incoming=True)
        async with ctx.span("ldap search", "CLIENT") as c:
            await c.work(90)
        if rng.random() < 0.04:
            ctx.log.warn(f"national register slow, asking mirror for {b['serial']}")
            await ctx.work(200)
        hit = rng.random() < 0.03
        ctx.log.info(f"answer serial={b['serial']} {'HIT' if hit else 'clean'}")
        return 200, {"hit": hit}

    # ------------------------------------------------------- ledger decides
    @ledger.consumer("loan:requested", retries=2)
    async def account(ctx, m):
        b = m.body
        ctx.log.info(f"Opening loan account for pledge {b['pledge']}, principal {b['offer']}.00", incoming=True, logger="io.pawn.ledger.LoanOpener")
        async with ctx.span("INSERT loan_account", "CLIENT") as c:
            c.log.debug("insert into loan_account (pledge_no, principal, rate, due_on, id) values (?, ?, ?, ?, ?)", logger="org.hibernate.SQL")
            await c.work(6)
        if rng.random() < 0.04 and m.attempt == 1:
            ctx.log.warn(f"Deadlock victim while opening {b['pledge']}, message will come again", logger="io.pawn.ledger.LoanOpener")
            raise Exception("deadlock")
        async with ctx.producer("loan:opened") as p:
            await p.send(b)
            p.log.debug(f"loan:opened emitted for {b['pledge']}", logger="io.pawn.ledger.Channels")
        ctx.log.info(f"Loan account of {b['pledge']} open", logger="io.pawn.ledger.LoanOpener")

    @ledger.http("POST /settlements")
    async def settle(ctx, b):
        ctx.log.info(f"Settlement of {b['pledge']} begins", incoming=True, logger="io.pawn.ledger.SettlementResource")
        async with ctx.span("SELECT loan_account", "CLIENT") as c:
            c.log.debug("select principal, rate, due_on from loan_account where pledge_no=?", logger="org.hibernate.SQL")
            await c.work(4)
        s = 402 if rng.random() < 0.08 else 200
        ctx.log.info(f"Settlement of {b['pledge']} ended with {s} after {ctx.elapsed_ms():.0f} ms", logger="io.pawn.ledger.SettlementResource")
        return s, {}

    async def joined(ctx, pledge, what, origin):
        j = wait.setdefault(pledge, {})
        j[what] = origin
        if len(j) < 2:
            ctx.log.debug(f"{pledge}: {what} noted, waiting for the other half", logger="io.pawn.ledger.Completion")
            return
        for k, o in j.items():
            if k != what: ctx.link(o)
        async with ctx.producer("loan:outcome") as p:
            p.log.info(f"{pledge} complete, telling the others", logger="io.pawn.ledger.Completion")
            await p.send({"pledge": pledge, "state": "active", "customer": loans[pledge]["customer"]})

    @ledger.consumer("vault:stored", retries=1)
    async def stored(ctx, m):
        ctx.log.info(f"vault:stored {m.id} pledge {m.body['pledge']}", incoming=True, logger="io.pawn.ledger.Channels")
        await ctx.work(2)
        await joined(ctx, m.body["pledge"], "stored", m.origin)

    @ledger.consumer("payout:made", retries=1)
    async def paid(ctx, m):
        ctx.log.info(f"payout:made {m.id} pledge {m.body['pledge']}", incoming=True, logger="io.pawn.ledger.Channels")
        async with ctx.span("INSERT posting", "CLIENT") as c:
            c.log.debug("insert into posting (account_id, amount, kind, id) values (?, ?, ?, ?)", logger="org.hibernate.SQL")
            await c.work(4)
        await joined(ctx, m.body["pledge"], "paid", m.origin)

    # ------------------------------------------------------- vault
    @vault.consumer("loan:opened", retries=1)
    async def store(ctx, m):
        ctx.log.info("storing", incoming=True, pledge_no=m.body["pledge"], msg=m.id)
        await ctx.work(150)
        bin_ = f"{rng.choice('ABCDEF')}{rng.randrange(1, 40):02d}.{rng.randrange(1, 9)}"
        async with ctx.span("SET bin", "CLIENT") as c:
            await c.work(1.5)
        async with ctx.producer("vault:stored") as p:
            await p.send({"pledge": m.body["pledge"], "bin": bin_})
        ctx.log.info("stored", pledge_no=m.body["pledge"], bin=bin_, seal=rng.randrange(10**6, 10**7), took=round(ctx.elapsed_ms(), 3))

    @vault.consumer("pledge:redeemed", retries=1)
    async def fetch(ctx, m):
        ctx.log.info("fetching for customer", incoming=True, pledge_no=m.body["pledge"])
        await ctx.work(120)
        ctx.log.info("handed over", pledge_no=m.body["pledge"], took=round(ctx.elapsed_ms(), 3))

    @vault.http("POST /releases")
    async def release(ctx, b):
        ctx.log.info("release asked", incoming=True, pledge_no=b["pledge"], reason="auction")
        async with ctx.span("GET bin", "CLIENT") as c:
            await c.work(1.5)
            c.log.debug("bin found", pledge_no=b["pledge"])
        await ctx.work(40)
        ctx.log.info("released", pledge_no=b["pledge"])
        return 200, {}

    # ------------------------------------------------------- payout
    @pay.consumer("loan:opened", retries=3, retry_ms=300)
    async def payout(ctx, m):
        ctx.log.info("Starting payout", incoming=True, pledge=m.body["pledge"], amount=m.body["offer"], attempt=m.attempt, logger="worker.go:34")
        async with ctx.span("POST sepa instant", "CLIENT") as c:
            await c.work(220)
            bad = rng.random() < 0.05
            c.log.info("Bank answered", status=504 if bad else 200, elapsed=f"{c.elapsed_ms():.1f}ms", logger="sepa.go:112")
        if bad:
            ctx.log.warn("Payout not confirmed, requeueing", pledge=m.body["pledge"], logger="worker.go:47")
            raise Exception("504")
        async with ctx.producer("payout:made") as p:
            p.log.debug("Emitting event", stream="payout:made", pledge=m.body["pledge"], logger="streams.go:19")
            await p.send({"pledge": m.body["pledge"]})
        ctx.log.info("Payout finished", pledge=m.body["pledge"], endToEndID=f"E2E{rng.randrange(10**9, 10**10)}", logger="worker.go:52")

    @pay.http("POST /holds")
    async def hold(ctx, b):
        ctx.log.info("Hold requested", incoming=True, bidder=b["bidder"], amount=b["amount"], logger="holds.go:20")
        await ctx.work(35)
        s = 402 if rng.random() < 0.05 else 201
        ctx.log.info("Hold decided", bidder=b["bidder"], status=s, logger="holds.go:39")
        return s, {}

    # ------------------------------------------------------- auction
    @auction.http("POST /lots/{lot}/bids")
    async def bid(ctx, b):
        lot = b["_route"].split("/")[2]
        ctx.log.info(f"bid on {lot}", incoming=True, bidder=b["bidder"], amount=b["amount"])
        async with ctx.client("payout", "POST /holds") as c:
            s, a = await c.send({"bidder": b["bidder"], "amount": b["amount"]})
            c.log.debug(f"hold -> {s}", ms=round(c.elapsed_ms()))
        if s != 201:
            ctx.log.warn("bid rejected, no funds", lot=lot, bidder=b["bidder"])
            return 402, {}
        async with ctx.span("EVAL outbid.lua", "CLIENT") as c:
            await c.work(1.5)
            ok = b["amount"] > lots.get(lot, 0)
        if ok:
            prev = lots.get(lot, 0)
            lots[lot] = b["amount"]
            async with ctx.producer("auction:bid") as p:
                await p.send({"lot": lot, "bidder": b["bidder"], "amount": b["amount"], "prev": prev})
                p.log.debug("auction:bid sent", lot=lot)
        ctx.log.info(ok and "bid leads" or "bid too low", lot=lot, amount=b["amount"], duration=round(ctx.elapsed_ms()))
        return 201 if ok else 409, {}

    @auction.every(4)
    async def collect_forfeited(ctx):
        ctx.log.info("looking for forfeited pledges")
        async with ctx.span("SELECT forfeited", "CLIENT") as c:
            await c.work(8)
            c.log.debug("query ok", rows=2)
        for pledge in rng.sample(sorted(loans), min(2, len(loans))):
            async with ctx.client("vault", "POST /releases") as c:
                s, _ = await c.send({"pledge": pledge})
                c.log.debug("vault released", pledge=pledge, status=s)
            lot = f"L{rng.randrange(100, 130)}"
            async with ctx.producer("auction:listed") as p:
                mid = await p.send({"lot": lot, "pledge": pledge, "customer": loans[pledge]["customer"]})
                p.log.info(f"{lot} listed", pledge=pledge, id=mid)
        ctx.log.info("forfeited pledges listed", duration=round(ctx.elapsed_ms()))

    # ------------------------------------------------------- customer desk
    def told(topic, word):
        @desk.consumer(topic, retries=1)
        async def tell(ctx, m):
            who = m.body.get("customer") or m.body.get("bidder")
            ctx.log.info(f"{topic} received", incoming=True, customer=who, pledge=m.body.get("pledge", "-"))
            async with ctx.span("render " + word) as c:
                await c.work(8)
                c.log.debug(f"template {word} rendered", lang=rng.choice(["de", "en", "tr"]))
            async with ctx.span("POST mailgun", "CLIENT") as c:
                await c.work(80)
                if word in ("welcome", "goodbye"): c.log.debug("mailgun took it", status=200, queueId=f"{rng.getrandbits(40):010x}")
            ctx.log.info(f"{word} letter is out", customer=who, ms=round(ctx.elapsed_ms()))
    told("loan:outcome", "welcome"); told("pledge:redeemed", "goodbye"); told("auction:listed", "forfeit"); told("auction:bid", "outbid")

    # ------------------------------------------------------- noise
    till.startup(lambda log: log.info("* Listening on http://0.0.0.0:3000 (Puma 6.4.2, 3 workers)"))
    till.noise(6, lambda log: log.info('Started GET "/up" for 127.0.0.1'))
    value.noise(7, lambda log: log.debug(f"gold fixing {rng.uniform(72, 76):.2f} EUR/g", logger="valuation.fixing:refresh:12"))
    ledger.noise(8, lambda log: log.debug("Agroal pool: 3 active, 17 available", logger="io.agroal.pool"))
    vault.noise(5, lambda log: log.debug("climate", temp_c=rng.randrange(17, 21), humidity=rng.randrange(38, 47)))
    pay.noise(6, lambda log: log.info("Lease renewed", holder="payout-0", logger="leaderelection.go:258"))
    police.noise(9, lambda log: log.info("register delta loaded"))
    auction.noise(5, lambda log: log.debug("ws clients", open=rng.randrange(20, 90)))
    desk.noise(10, lambda log: log.info("smtp pool idle"))


async def load(w):
    r = w.rng
    async def one(i):
        item, base = r.choice(GOODS)
        s, a = await w.start("branch-till", "POST /loans", {"branch": r.choice(["BER1", "BER4", "HAM2"]), "item": item, "base": base, "serial": f"{r.choice('ABFK')}{r.randrange(10**6, 10**7)}", "customer": f"K{r.randrange(10000, 99999)}"})
        if s == 201 and r.random() < 0.3:
            await sleep(r.uniform(1500, 9000))
            await w.start("branch-till", "POST /redemptions", {"pledge": a["pledge"]})
    async def bids(i):
        await w.start("auction-house", f"POST /lots/L{r.randrange(100, 130)}/bids", {"bidder": f"b-{r.randrange(16**6):06x}", "amount": r.randrange(50, 2500)})
    await asyncio.gather(arrivals(w, 85, 3.5, one), arrivals(w, 40, 1.7, bids))

record(build, load, "i_pawn")
