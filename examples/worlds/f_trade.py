"""A retail stock broker: FIX-like edge, order management, pre-trade risk, a matching venue, clearing with a depository that calls back."""
import json
from world import *


# edge: log4j2 with an MDC map at the end
def edge_fmt(r):
    mdc = f" {{dd.span_id={int(r.span_id, 16)}, dd.trace_id={r.trace_id}}}" if r.trace_id else " {}"
    par = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [edge-io-{r.thread}] {r.level:<5} {r.logger} - {r.message}{par}{mdc}"


# oms: Serilog compact
def oms_fmt(r):
    d = {"@t": isoz(r, 7), "@m": r.message}
    if r.level in ("WARN", "ERROR", "DEBUG"):
        d["@l"] = {"WARN": "Warning", "ERROR": "Error", "DEBUG": "Debug"}[r.level]
    if r.trace_id:
        d["@tr"], d["@sp"] = r.trace_id, r.span_id
    if r.incoming_parent:
        d["ParentId"] = r.incoming_parent
    return json.dumps(d | r.fields | {"SourceContext": "Broker.Oms." + (r.logger if r.logger != "oms" else "Host")})


# risk: zap console
def risk_fmt(r):
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: f["parent_id"] = r.incoming_parent
    return f"{isoz(r, 3)}\t{r.level}\t{r.logger}/check.go:{len(r.message) * 7 % 300 + 20}\t{r.message}" + ("\t" + json.dumps(f) if f else "")


# venue: spdlog, C++
def venue_fmt(r):
    ids = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    inc = f" (ctx {r.incoming})" if r.incoming else ""
    lev = {"INFO": "info", "WARN": "warning", "ERROR": "error", "DEBUG": "debug"}[r.level]
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}] [{r.logger}] [{lev}]{ids} {r.message}{inc}"


# positions: logstash-logback-encoder
def pos_fmt(r):
    d = {"@timestamp": isoz(r, 3), "@version": "1", "message": r.message, "logger_name": "com.brk.positions." + r.logger,
         "thread_name": f"kafka-listener-{r.thread}", "level": r.level, "level_value": {"DEBUG": 10000, "INFO": 20000, "WARN": 30000, "ERROR": 40000}[r.level]}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentId"] = r.incoming_parent
    return json.dumps(d | r.fields, separators=(",", ":"))


# clearing: syslog 5424 with structured data, from an old Ada/C shop; whole seconds only
def clr_fmt(r):
    pri = 16 * 8 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    sd = f'[otel@32473 trace="{r.trace_id}" span="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {r.time:%Y-%m-%dT%H:%M:%S}Z clr01 clearing {r.pid} {r.logger.upper()} {sd} {r.message}"


# csd adapter: python logging
def csd_fmt(r):
    lev = {"WARN": "WARNING"}.get(r.level, r.level)
    ids = f"[trace_id={r.trace_id or 0} span_id={r.span_id or 0}] "
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {lev} {ids}csd.{r.logger}: {r.message}" + (f" [parent={r.incoming_parent}]" if r.incoming_parent else "")


# push: winston simple with json tail
def push_fmt(r):
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{isoz(r, 3)} {r.level.lower()}: {r.message}" + (" " + json.dumps(f, separators=(",", ":")) if f else "")


SYMS = ["VOD.L", "BARC.L", "RR.L", "TSCO.L", "HSBA.L", "BP.L"]


def build(w):
    w.network_ms, w.broker_ms = 0.6, 1.8
    seq = {s: w.rng.randrange(10_000, 90_000) for s in ("topic", "exec", "trade", "ssi", "ord")}

    def offset():
        seq["topic"] += 1
        return f"{seq['topic'] % 6}@{seq['topic']}"
    w.new_message_id = offset

    edge = w.service("edge", edge_fmt, errors=lambda c, e: c.log.error(f"session error: {e}\n\tat com.brk.edge.Session.onMessage(Session.java:211)\n\tat com.brk.edge.Loop.run(Loop.java:58)", logger="c.b.e.Session"))
    oms = w.service("oms", oms_fmt, errors=lambda c, e: c.log.error(f"Unhandled exception. {e}", logger="Consumers", Exception=f"System.InvalidOperationException: {e}"))
    risk = w.service("risk", risk_fmt)
    venue = w.service("venue", venue_fmt, errors=lambda c, e: c.log.error(f"!! dropped input: {e}", logger="gw"))
    positions = w.service("positions", pos_fmt, errors=lambda c, e: c.log.error("Listener failed; record skipped", logger="ErrHandler", stack_trace=f"java.lang.IllegalStateException: {e}\n\tat com.brk.positions.Book.apply(Book.kt:77)"))
    clearing = w.service("clearing", clr_fmt, errors=lambda c, e: c.log.error(f"ABEND {e}", logger="err"))
    csd = w.service("csd-adapter", csd_fmt)
    push = w.service("push", push_fmt, errors=lambda c, e: c.log.error("push failed", reason=str(e)))
    orders, book, exposure, trades, pend = {}, {s: [] for s in SYMS}, {}, {}, []

    # ------------------------------------------------------------ edge
    async def session(ctx, key):
        async with ctx.span("GET sess:" + key, "CLIENT") as c:
            await c.work(0.8)
            c.log.debug(f"session hit {key}", logger="c.b.e.Sess")

    @edge.http("POST /api/orders")
    async def new_order(ctx, b):
        await session(ctx, b["acct"])
        cl = b["clOrdId"]
        ctx.log.info(f"<- D|11={cl}|55={b['sym']}|54={1 if b['side'] == 'BUY' else 2}|38={b['qty']}|44={b['px']}|", incoming=True, logger="c.b.e.Wire")
        async with ctx.client("oms", "POST /v2/orders") as c:
            st, a = await c.send(b)
            c.log.debug(f"oms {st} {c.elapsed_ms():.2f}ms", logger="c.b.e.OmsClient")
        if st == 202:
            ctx.log.info(f"-> 8|11={cl}|37={a['order']}|150=A|39=A|", logger="c.b.e.Wire")
        else:
            ctx.log.warning(f"-> 8|11={cl}|150=8|39=8|58={a.get('why', 'internal')}|", logger="c.b.e.Wire")
        return st, a

    @edge.http("DELETE /api/orders/{id}")
    async def cancel(ctx, b):
        oid = b["_route"].rsplit("/", 1)[1]
        await session(ctx, b["acct"])
        st, a = await ctx.call("oms", "POST /v2/cancel", {"order": oid})
        ctx.log.info(f"cancel of {oid} by {b['acct']}: {st} ({ctx.elapsed_ms():.1f}ms)", logger="c.b.e.Rest", incoming=True)
        return st, a

    @edge.http("GET /api/orders/{id}")
    async def status(ctx, b):
        st, a = await ctx.call("oms", "GET /v2/orders/" + b["_route"].rsplit("/", 1)[1])
        return st, a

    # ------------------------------------------------------------ oms
    @oms.http("POST /v2/orders")
    async def place(ctx, b):
        seq["ord"] += ctx.rng.randrange(1, 4)
        oid = f"O-{seq['ord']}-{b['acct'][-2:]}"
        ctx.log.debug(f"Begin PlaceOrder {b['clOrdId']}", logger="OrderController", ClOrdId=b["clOrdId"], incoming=True)

        async def margin():
            async with ctx.client("risk", "POST /pretrade") as c:
                c.log.info(f"Start processing HTTP request POST http://risk:8081/pretrade for {oid}", logger="Http.RiskClient")
                r = await c.send({"acct": b["acct"], "notional": round(b["qty"] * b["px"], 2), "ref": oid})
                return r

        async def halted():
            async with ctx.span("SELECT instruments", "CLIENT") as c:
                await c.work(1.5)
                c.log.debug("Executed DbCommand (1ms) SELECT i.halted FROM instruments i WHERE i.ric = @p0", logger="EntityFramework", p0=b["sym"])
                return c.rng.random() < 0.015
        (st, verdict), halt = await asyncio.gather(margin(), halted())
        if halt or st != 200:
            why = "HALTED" if halt else verdict.get("reason", "RISK_DOWN")
            ctx.log.warning(f"Order {oid} refused: {why}", logger="OrderController", OrderId=oid, Reason=why)
            return 422, {"why": why}
        o = orders[oid] = dict(b, oid=oid, left=b["qty"], state="NEW", ctx=ctx)
        async with ctx.span("INSERT orders", "CLIENT") as c:
            await c.work(3)
            c.log.debug("Executed DbCommand (3ms) INSERT INTO orders (id, cl_ord_id, ...) VALUES (@p0, @p1, ...)", logger="EntityFramework", p0=oid, p1=b["clOrdId"])
        async with ctx.producer("ord.in") as p:
            await p.send({"op": "NEW", "oid": oid, "sym": b["sym"], "side": b["side"], "qty": b["qty"], "px": b["px"], "acct": b["acct"]})
        ctx.log.info(f"Order {oid} routed to venue", logger="Router", OrderId=oid, ClOrdId=b["clOrdId"], Venue="XBRK")
        return 202, {"order": oid}

    @oms.http("POST /v2/cancel")
    async def oms_cancel(ctx, b):
        o = orders.get(b["order"])
        await ctx.work(1)
        if not o or o["state"] in ("FILLED", "CXL"):
            ctx.log.info(f"Too late to cancel {b['order']}", logger="OrderController", OrderId=b["order"], State=o["state"] if o else None)
            return 409, {}
        ctx.log.info(f"Cancel requested for {b['order']}", logger="OrderController", OrderId=b["order"], incoming=True)
        await ctx.publish("ord.in", {"op": "CXL", "oid": o["oid"], "sym": o["sym"]})
        return 202, {}

    @oms.http("GET /v2/orders/{id}")
    async def oms_get(ctx, b):
        oid = b["_route"].rsplit("/", 1)[1]
        async with ctx.span("SELECT orders", "CLIENT") as c:
            await c.work(2)
            c.log.debug("Executed DbCommand (2ms) SELECT * FROM orders WHERE id = @p0", logger="EntityFramework", p0=oid)
        ctx.log.info(f"HTTP GET /v2/orders/{oid} responded 200 in {ctx.elapsed_ms():.4f} ms", logger="RequestLogging", incoming=True)
        return 200, {"state": orders[oid]["state"]}

    @oms.consumer("exec.report", retries=3, retry_ms=80)
    async def on_exec(ctx, m):
        b = m.body
        o = orders[b["oid"]]
        if ctx.rng.random() < 0.03 and m.attempt < 3:
            ctx.log.warning("Concurrency conflict, message will be redelivered", logger="Consumers", OrderId=b["oid"], Attempt=m.attempt, Offset=m.id)
            raise Exception("stale row")
        async with ctx.span("UPDATE orders", "CLIENT") as c:
            await c.work(2.5)
            if b["type"] != "ACK": c.log.debug("Executed DbCommand (2ms) UPDATE orders SET leaves = @p1 WHERE id = @p0", logger="EntityFramework", p0=b["oid"], p1=b["left"])
        o["state"] = {"ACK": "WORKING", "FILL": "FILLED" if not b["left"] else "PART", "CXL": "CXL"}[b["type"]]
        ctx.log.info(f"{b['type']} applied to {b['oid']}: {o['state']}", logger="Consumers", OrderId=b["oid"], ExecId=b["exec"], incoming=True)
        if b["type"] != "ACK":
            async with ctx.client("push", "POST /push") as c:
                st, _ = await c.send({"user": o["acct"], "text": o["state"], "ref": o["clOrdId"]})
                c.log.info(f"Received HTTP response {st} after {c.elapsed_ms():.1f}ms", logger="Http.PushClient")

    @oms.consumer("settle.status")
    async def oms_settled(ctx, m):
        await ctx.work(1)   # only marks the order
        if m.body["status"] != "SETTLED": ctx.log.warning(f"Trade {m.body['tid']} did not settle", logger="Consumers", TradeId=m.body["tid"], incoming=True)

    # ------------------------------------------------------------ risk
    @risk.http("POST /pretrade")
    async def pretrade(ctx, b):
        lim = 60_000
        async with ctx.span("HGET exposure", "CLIENT") as c:
            await c.work(0.7)
            used = exposure.get(b["acct"], 0)
            c.log.debug("redis hget", account=b["acct"], used=used)
        await ctx.work(1.2)
        if used + b["notional"] > lim and ctx.rng.random() < 0.6:
            ctx.log.warning("limit breach", account=b["acct"], ref=b["ref"], notional=b["notional"], limit=lim)
            return 403, {"reason": "LIMIT"}
        ctx.log.info("pretrade ok", account=b["acct"], ref=b["ref"], took_us=int(ctx.elapsed_ms() * 1000), incoming=True)
        return 200, {}

    @risk.http("PUT /exposure")
    async def put_exposure(ctx, b):
        exposure[b["acct"]] = exposure.get(b["acct"], 0) + abs(b["delta"])
        async with ctx.span("HINCRBY exposure", "CLIENT") as c:
            await c.work(0.6)
            c.log.debug("redis hincrby", account=b["acct"], by=b["delta"])
        ctx.log.info("exposure moved", account=b["acct"], delta=b["delta"], incoming=True)
        return 204, {}

    # ------------------------------------------------------------ venue
    async def report(ctx, kind, o, px=None, qty=0):
        seq["exec"] += 1
        async with ctx.producer("exec.report") as p:
            mid = await p.send({"type": kind, "oid": o["oid"], "exec": f"{o['sym'].split('.')[0]}{seq['exec']:07d}", "px": px, "qty": qty, "left": o["qty"]})
            p.log.info(f"ER {kind} {o['oid']} leaves={o['qty']} => {mid}", logger="out")

    @venue.consumer("ord.in", concurrency=4)
    async def match(ctx, m):
        b = dict(m.body)
        q = book[b["sym"]]
        if b["op"] == "CXL":
            hit = [o for o in q if o["oid"] == b["oid"]]
            if hit: q.remove(hit[0])
            ctx.log.info(f"{b['sym']} CXL {b['oid']} {'removed' if hit else 'UNKNOWN'}", logger="book", incoming=True)
            if hit: await report(ctx, "CXL", hit[0])
            return
        ctx.log.info(f"{b['sym']} ADD {b['oid']} {b['side']} {b['qty']}@{b['px']} off={m.id}", logger="book", incoming=True)
        await ctx.work(0.8)
        other = [o for o in q if o["side"] != b["side"] and (o["px"] <= b["px"] if b["side"] == "BUY" else o["px"] >= b["px"])]
        if not other:
            q.append(dict(b, ctx=ctx))
            await report(ctx, "ACK", b)
            return
        o = other[0]
        n = min(o["qty"], b["qty"])
        o["qty"] -= n; b["qty"] -= n
        if not o["qty"]: q.remove(o)
        if b["qty"]: q.append(dict(b, ctx=ctx))
        seq["trade"] += 1
        tid = f"T{seq['trade']}"
        ctx.link(o["ctx"])
        ctx.log.info(f"{b['sym']} TRADE {tid} {n}@{o['px']} aggr={b['oid']} pass={o['oid']}", logger="match")
        buy, sell = (b, o) if b["side"] == "BUY" else (o, b)
        t = trades[tid] = {"tid": tid, "sym": b["sym"], "qty": n, "px": o["px"], "buyer": buy["acct"], "seller": sell["acct"], "buy_oid": buy["oid"], "sell_oid": sell["oid"]}
        await report(ctx, "FILL", b, o["px"], n)
        await report(ctx, "FILL", o, o["px"], n)
        await ctx.publish("trade.captured", t)

    # ------------------------------------------------------------ positions
    @positions.consumer("trade.captured")
    async def book_trade(ctx, m):
        t = m.body

        async def leg(acct, sign):
            async with ctx.span("book leg") as s:
                await s.work(4)
                if sign > 0: s.log.info(f"{acct} +{t['qty']} {t['sym']}", logger="Book", account=acct, trade=t["tid"])
                async with s.client("risk", "PUT /exposure") as c:
                    c.log.debug(f"---> PUT http://risk:8081/exposure ({acct})", logger="RiskClient")
                    await c.send({"acct": acct, "delta": round(sign * t["qty"] * t["px"], 2)})
        await asyncio.gather(leg(t["buyer"], 1), leg(t["seller"], -1))
        ctx.log.info(f"Trade {t['tid']} booked in {ctx.elapsed_ms():.0f} ms", logger="TradeListener", trade=t["tid"], incoming=True)

    @positions.consumer("settle.status")
    async def pos_settled(ctx, m):
        b = m.body
        ctx.log.info("settle.status received", logger="SettlementListener", trade=b["tid"], status=b["status"], offset=m.id, incoming=True)
        async with ctx.span("UPDATE holdings", "CLIENT") as c:
            await c.work(4)
            c.log.debug("update holding set settled_qty = settled_qty + ? where account=? and ric=?", logger="SQL")

    # ------------------------------------------------------------ clearing and the depository
    async def instruct(ctx, t, again=0):
        seq["ssi"] += 1
        ref = f"SI{t['tid'][1:]}/{again}"
        async with ctx.client("csd-adapter", "POST /instructions") as c:
            st, _ = await c.send({"ref": ref, "isin": "GB00" + t["sym"][:4].replace(".", "0"), "qty": t["qty"], "trade": t["tid"]})
            c.log.info(f"SSI {ref} SENT RC={st}", logger="ssi")
        return ref

    @clearing.consumer("trade.captured")
    async def clear(ctx, m):
        t = m.body
        ctx.log.info(f"TRADE {t['tid']} IN {t['sym']} {t['qty']} B={t['buyer']} S={t['seller']}", logger="cap", incoming=True)
        async with ctx.span("novate"):
            await ctx.work(12)
            if t["qty"] > 150: ctx.log.info(f"LARGE TRADE {t['tid']}", logger="nov")
        pend.append((t["tid"], ctx))
        await instruct(ctx, t)

    @clearing.http("POST /hooks/csd")
    async def hook(ctx, b):
        t = trades[b["trade"]]
        if b["code"] == "LACK":
            again = int(b["ref"][-1]) + 1
            ctx.log.warning(f"SSI {b['ref']} FAILED LACK OF SECURITIES" + ("; RECYCLE" if again < 2 else "; BUY-IN"), logger="ssi", incoming=True)
            if again < 2:
                async def recycle():
                    await sleep(1500)
                    await instruct(ctx, t, again)
                ctx.spawn(recycle())
                return 200, {}
        else:
            ctx.log.info(f"SSI {b['ref']} {b['code']}", logger="ssi", incoming=True)
        await ctx.publish("settle.status", {"tid": t["tid"], "status": b["code"]})
        return 200, {}

    @clearing.every(9, first=8)
    async def netting_run(ctx):
        global_batch, pend[:] = list(pend), []
        ctx.log.info(f"NETTING START TRADES={len(global_batch)}", logger="net")
        for tid, c in global_batch[:30]: ctx.link(c)
        await ctx.work(150)
        if global_batch:
            async with ctx.span("PUT netting.csv", "CLIENT") as s:
                await s.work(30)
                s.log.info(f"NETTING FILE {len(global_batch)} LINES STORED", logger="net")
            await ctx.call("csd-adapter", "POST /files", {"n": len(global_batch), "name": f"NET{w.ns() // NS % 100000}"})

    @csd.http("POST /instructions")
    async def instruction(ctx, b):
        await ctx.work(5)
        bad = ctx.rng.random() < 0.08

        async def later():
            await sleep(500 + ctx.rng.expovariate(1 / 1200))
            code = "LACK" if bad else "SETTLED"
            ctx.log.info(f"depository says {code} for {b['ref']}, forwarding", logger="inbox")
            for attempt in (1, 2):
                async with ctx.client("clearing", "POST /hooks/csd") as c:
                    if attempt == 1 and c.rng.random() < 0.04:
                        await c.work(900, 0.05)
                        c.fail()
                        c.log.warning(f"webhook for {b['ref']} timed out after 900ms", logger="hooks")
                        continue
                    st, _ = await c.send({"ref": b["ref"], "code": code, "trade": b["trade"]})
                    c.log.info(f"webhook delivered {b['ref']} status={st} in {c.elapsed_ms():.0f}ms", logger="hooks")
                    break
        ctx.log.info(f"POST /instructions ref={b['ref']} isin={b['isin']} accepted", logger="api", incoming=True)
        ctx.spawn(later())
        return 202, {}

    @csd.http("POST /files")
    async def files(ctx, b):
        await ctx.work(60)
        ctx.log.info(f"file {b['name']} with {b['n']} positions uploaded via sftp in {ctx.elapsed_ms() / 1000:.2f}s", logger="sftp", incoming=True)
        return 201, {}

    # ------------------------------------------------------------ push
    @push.http("POST /push")
    async def do_push(ctx, b):
        async with ctx.span("apns send", "CLIENT") as c:
            await c.work(25, 0.6)
            gone = c.rng.random() < 0.05
            if gone: c.log.warning("device token gone", user=b["user"])
            else: c.log.debug("apns 200", apnsId="%08X" % c.rng.getrandbits(32))
        if not gone: ctx.log.info("pushed", user=b["user"], clientRef=b["ref"], state=b["text"], incoming=True)
        return 202, {}

    @push.consumer("settle.status")
    async def push_settled(ctx, m):
        await ctx.work(15)
        ctx.log.info(f"told buyer about settlement of {m.body['tid']}", topic=m.topic, incoming=True)

    venue.noise(2.5, lambda l: l.debug(f"hb seq={seq['exec']} depth={sum(map(len, book.values()))}", logger="gw"))
    edge.noise(4, lambda l: l.info(f"session LSE{w.rng.randrange(1, 5)} heartbeat 35=0", logger="c.b.e.Wire"))
    positions.noise(5, lambda l: l.info("Attempt to heartbeat ok", logger="KafkaMetrics", lag=w.rng.randrange(4)))
    clearing.noise(7, lambda l: l.info(f"QUEUE DEPTH {w.rng.randrange(3)}", logger="mon"))
    csd.noise(6, lambda l: l.debug("certificate valid for 71 days", logger="tls"))
    push.noise(5, lambda l: l.debug("GET /healthz 200", rss=w.rng.randrange(80, 120)))


async def load(w):
    w.services["venue"].log.info("xbrk-venue 7.4.1 up, 6 books, affinity 0-3", logger="main")
    w.services["oms"].log.info("Now listening on: http://[::]:5080")
    async def one(i):
        sym, acct = w.rng.choice(SYMS), f"AC{w.rng.randrange(2000, 2040)}"
        cl = f"{w.rng.choice('KMQX')}{w.rng.randrange(100000, 999999)}"
        st, a = await w.start("edge", "POST /api/orders", {"acct": acct, "clOrdId": cl, "sym": sym, "side": w.rng.choice(["BUY", "SELL"]), "qty": w.rng.randrange(1, 9) * 50,
                              "px": round(w.rng.choice([10, 10.5, 11]) + w.rng.random() * 0.4, 2)})
        if st == 202 and w.rng.random() < 0.25:
            await sleep(700 + 4000 * w.rng.random())
            if w.rng.random() < 0.5: await w.start("edge", "DELETE /api/orders/" + a["order"], {"acct": acct})
            else: await w.start("edge", "GET /api/orders/" + a["order"])
    await arrivals(w, 130, 5, one)

record(build, load, "f_trade")
