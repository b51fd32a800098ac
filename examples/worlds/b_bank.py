"""Instant payments between banks: channel -> hub (saga by commands and replies) -> clearing gateway, called back by the clearing house."""
import json
from world import *

L3 = lambda r: r.time.microsecond // 1000

# ---- channel-api: Spring Boot 3.4 default console with correlation
def f_channel(r):
    corr = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else "[                                                 ] "
    tail = f" [traceparent: {r.incoming}]" if r.incoming else ""
    kv = "".join(f" {k}={v}" for k, v in r.fields.items())
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [channel-api] [nio-8443-exec-{r.thread}] {corr}{r.logger:<40.40} : {r.message}{kv}{tail}"

# ---- payment-hub: log4j2, whole MDC printed
def f_hub(r):
    mdc = dict(r.fields)
    if r.trace_id: mdc |= {"span_id": r.span_id, "trace_flags": "01", "trace_id": r.trace_id}
    if r.incoming_parent: mdc["parent_id"] = r.incoming_parent
    block = "{" + ", ".join(f"{k}={v}" for k, v in mdc.items()) + "}"
    return f"{r.time:%d-%b-%Y %H:%M:%S}.{L3(r):03d} [{r.thread if isinstance(r.thread, str) else 'saga-%d' % r.thread}] {r.level:<5} {r.logger} {block} - {r.message}"

# ---- limits: Go zap console
def f_limits(r):
    d = dict(r.fields)
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return f"{isoz(r)}\t{r.level.lower()}\t{r.logger}\t{r.message}" + (f"\t{json.dumps(d)}" if d else "")

# ---- screening: structlog console renderer without colours
def f_screen(r):
    d = dict(r.fields)
    if r.trace_id: d |= {"span_id": r.span_id, "trace_id": r.trace_id}
    if r.incoming: d["traceparent"] = r.incoming
    return f"{isoz(r, 6)} [{r.level.lower():<9}] {r.message:<30} " + " ".join(f"{k}={v!r}" if " " in str(v) else f"{k}={v}" for k, v in d.items())

# ---- fraud: loguru with extra
def f_fraud(r):
    ids = f"trace={r.trace_id} span={r.span_id} | " if r.trace_id else ""
    par = f" (parent {r.incoming_parent})" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{L3(r):03d} | {'WARNING' if r.level == 'WARN' else r.level:<8} | {r.logger} - {ids}{r.message}{par}"

# ---- ledger: Serilog compact JSON
def f_ledger(r):
    d = {"@t": isoz(r, 7), "@m": r.message}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    d |= r.fields
    d["SourceContext"] = r.logger
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

# ---- csm-gateway: syslog 3164 from an appliance, whole seconds
def f_gw(r):
    tag = f" [tid:{r.trace_id} sid:{r.span_id}]" if r.trace_id else ""
    par = f" psid:{r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} csmgw01 csm-gateway[{r.pid}]: <{r.level}>{tag}{par} {r.message}"

# ---- notifier: pino
def f_notify(r):
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": 1, "hostname": "notifier-7c9d"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))

# ---- recon: slog text
def f_recon(r):
    q = lambda v: json.dumps(v) if " " in str(v) or "=" in str(v) else str(v)
    kv = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    return f"time={isoz(r)} level={r.level} msg={q(r.message)}{kv}{ids}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "")


def build(w):
    rng = w.rng
    offs = {p: rng.randrange(100000, 900000) for p in range(6)}
    def next_id():
        p = w.ids.randrange(6); offs[p] += w.ids.randrange(1, 4)
        return f"{p}@{offs[p]}"
    w.new_message_id, w.broker_ms = next_id, 3.0

    chan = w.service("channel-api", f_channel)
    hub = w.service("payment-hub", f_hub, errors=lambda c, e: c.log.error(f"Saga step failed, moved to payment.DLT\njava.lang.IllegalStateException: {e}\n\tat com.nordbank.hub.SagaListener.onMessage(SagaListener.java:118)\n\tat org.springframework.kafka.listener.KafkaMessageListenerContainer.run(KafkaMessageListenerContainer.java:2874)", logger="c.n.hub.SagaErrorHandler"))
    limits = w.service("limits", f_limits)
    screen = w.service("screening", f_screen, errors=lambda c, e: c.log.error("screening_crashed", exc=str(e)))
    fraud = w.service("fraud-scorer", f_fraud, errors=lambda c, e: c.log.error(f"unhandled: {e!r}", logger="fraud.worker:run:77"))
    ledger = w.service("ledger", f_ledger, errors=lambda c, e: c.log.error("Command could not be applied", Exception=f"System.InvalidOperationException: {e}", logger="Ledger.Host.CommandPump"))
    gw = w.service("csm-gateway", f_gw)
    note = w.service("notifier", f_notify, errors=lambda c, e: c.log.error("job failed", err={"type": "Error", "message": str(e)}))
    recon = w.service("recon", f_recon, errors=lambda c, e: c.log.error("store failed", err=str(e)))
    saga, settled, e2e_of = {}, [], {}
    w.known = e2e_of
    seq = [rng.randrange(10_000, 99_999)]

    # ---------------- channel
    @chan.http("POST /v1/transfers")
    async def transfer(ctx, b):
        e2e = "NB%s%010d" % (ctx.world.base // NS % 97, ctx.rng.randrange(10**10))
        ctx.log.info(f"Transfer requested by customer {b['cust']}, amount {b['amt']} EUR", incoming=True, logger="c.n.channel.TransferController")
        async with ctx.span("validate SCA token") as s:
            await s.work(6)
            s.log.debug("SCA token ok, acr=2fa", logger="c.n.channel.sca.TokenVerifier")
        async with ctx.client("payment-hub", "POST /payments") as c:
            st, a = await c.send({"e2e": e2e, **b}, correlation=e2e)
            c.log.info(f"payment-hub answered {st} for {e2e}", logger="c.n.channel.HubClient")
        e2e_of[b["i"]] = e2e
        return st, {"endToEndId": e2e}

    @chan.http("GET /v1/transfers/{id}")
    async def status(ctx, b):
        e2e = b["_route"].split("/")[-1]
        async with ctx.span("GET transfer:" + e2e[:4], "CLIENT") as s:
            await s.work(1)
            hit = ctx.rng.random() < .3
            s.log.debug(f"redis {'HIT' if hit else 'MISS'} transfer:{e2e}", logger="c.n.channel.StatusCache")
        if not hit:
            await ctx.call("payment-hub", "GET /payments/" + e2e)
        ctx.log.info(f"GET /v1/transfers/{e2e} 200 {ctx.elapsed_ms():.0f}ms", incoming=True, logger="access")
        return 200, {}

    @chan.http("POST /v1/transfers/{id}/recall")
    async def recall(ctx, b):
        e2e = b["_route"].split("/")[-2]
        ctx.log.info(f"Customer wants {e2e} back, reason {b['reason']}", incoming=True, logger="c.n.channel.RecallController")
        st, a = await ctx.call("payment-hub", "POST /recalls", {"e2e": e2e, "reason": b["reason"]})
        return st, a

    @chan.consumer("payment.outcome")
    async def outcome(ctx, m):
        ctx.log.debug(f"evict transfer:{m.body['e2e']}", logger="c.n.channel.StatusCache", incoming=True)
        await ctx.work(1)

    # ---------------- hub: the saga
    def say(ctx, e2e, level, text, cls="c.n.hub.PaymentSaga", **k):
        ctx.log(level, text, logger=cls, e2eId=e2e, **k)

    async def command(ctx, topic, body):
        async with ctx.producer(topic) as p:
            mid = await p.send(body)
            say(p, body["e2e"], "DEBUG", f"Sent {body.get('op', 'request')} to {topic} ({topic}-{mid})", "c.n.hub.CommandSender")

    async def finish(ctx, e2e, state, why=None):
        s = saga[e2e]
        if s["state"] in ("SETTLED", "REJECTED"):
            return
        s["state"] = state
        async with ctx.span("UPDATE payment", "CLIENT") as q:
            await q.work(4)
            say(q, e2e, "DEBUG", "update payment set state=?, reason=?, version=? where e2e_id=? and version=?", "org.hibernate.SQL")
        say(ctx, e2e, "INFO" if state == "SETTLED" else "WARN", f"Payment is now {state}" + (f" ({why})" if why else "") + f" after {(w.ns() - s['t0']) / 1e6:.0f} ms")
        async with ctx.producer("payment.outcome") as p:
            say(p, e2e, "DEBUG", "Announcing outcome " + state, "c.n.hub.OutcomePublisher")
            await p.send({"e2e": e2e, "state": state, "why": why, "i": s["cust"]})

    @hub.http("POST /payments")
    async def accept(ctx, b):
        e2e = b["e2e"]
        ctx.log.info("Accepted pain.001 for processing", logger="c.n.hub.PaymentResource", thread=f"http-{ctx.thread}", e2eId=e2e, incoming=True)
        saga[e2e] = {"state": "NEW", "got": {}, "amt": b["amt"], "t0": w.ns(), "cust": b["cust"], "iban": b["iban"]}
        async with ctx.span("INSERT payment", "CLIENT") as q:
            await q.work(5)
            say(q, e2e, "DEBUG", "insert into payment (e2e_id, state, amount) values (?, ?, ?)", "org.hibernate.SQL")
        async with ctx.client("limits", "Limits/Reserve") as c:
            st, a = await c.send({"ref": e2e, "amount": b["amt"], "who": b["cust"]})
        if st != 200:
            say(ctx, e2e, "WARN", f"Refused: daily limit of {b['cust']} exceeded")
            saga[e2e]["state"] = "REJECTED"
            return 422, {}
        await asyncio.gather(command(ctx, "screening.request", {"e2e": e2e, "iban": b["iban"], "dir": "out"}),
                             command(ctx, "fraud.request", {"e2e": e2e, "amt": b["amt"], "cust": b["cust"]}))
        saga[e2e]["state"] = "CHECKING"
        async def sla():
            await sleep(20000)
            if saga[e2e]["state"] not in ("SETTLED", "REJECTED"):
                async with ctx.span("sla timer") as t:
                    say(t, e2e, "ERROR", f"No outcome within 20 s, state {saga[e2e]['state']}, handing to investigations")
        ctx.spawn(sla())
        return 202, {}

    @hub.http("GET /payments/{id}")
    async def show(ctx, b):
        async with ctx.span("SELECT payment", "CLIENT") as q:
            await q.work(2)
        say(ctx, b["_route"].split("/")[-1], "INFO", "Status asked", "c.n.hub.PaymentResource")
        return 200, {}

    async def joined(ctx, m, part):
        e2e, s = m.body["e2e"], saga[m.body["e2e"]]
        if part in s["got"] or s["state"] != "CHECKING" and s["state"] != "NEW":
            return say(ctx, e2e, "INFO", f"{part} verdict comes late or twice, ignored")
        s["got"][part] = m.body["ok"]
        ctx.log.info(f"{part} verdict: {'clear' if m.body['ok'] else 'STOP'} ({len(s['got'])} of 2)", logger="c.n.hub.PaymentSaga", e2eId=e2e, incoming=True)
        if not m.body["ok"]:
            await ctx.call("limits", "Limits/Release", {"ref": e2e})
            await finish(ctx, e2e, "REJECTED", part)
        elif len(s["got"]) == 2:
            s["state"] = "RESERVING"
            await command(ctx, "ledger.commands", {"e2e": e2e, "op": "RESERVE", "amt": s["amt"]})

    @hub.consumer("screening.reply")
    async def on_screen(ctx, m):
        await ctx.work(6)
        if m.body["dir"] == "in":
            if m.body["ok"]:
                await command(ctx, "ledger.commands", {"e2e": m.body["e2e"], "op": "CREDIT", "amt": m.body["amt"]})
            else:
                say(ctx, m.body["e2e"], "WARN", "Incoming credit stopped by screening, answering RJCT")
                await ctx.call("csm-gateway", "POST /out/pacs.002", {"e2e": m.body["e2e"], "st": "RJCT"})
        else:
            await joined(ctx, m, "screening")

    @hub.consumer("fraud.reply")
    async def on_fraud(ctx, m):
        await ctx.work(3)
        await joined(ctx, m, "fraud")

    @hub.consumer("ledger.events", retries=2, retry_ms=120)
    async def on_ledger(ctx, m):
        e2e, op = m.body["e2e"], m.body["op"]
        await ctx.work(9)
        s = saga.get(e2e)
        if op == "RESERVE":
            if not m.body["ok"]:
                say(ctx, e2e, "WARN", "Insufficient funds")
                await ctx.call("limits", "Limits/Release", {"ref": e2e})
                return await finish(ctx, e2e, "REJECTED", "AM04")
            if s["state"] != "RESERVING": return
            s["state"] = "CLEARING"
            ctx.log.info("Funds reserved, going to clearing", logger="c.n.hub.PaymentSaga", e2eId=e2e, incoming=True)
            async with ctx.client("csm-gateway", "POST /out/pacs.008") as c:
                st, a = await c.send({"e2e": e2e, "amt": s["amt"]})
                if st == 503:
                    say(c, e2e, "WARN", "csm-gateway busy (503), once more in 150 ms", "c.n.hub.ClearingClient")
            if st == 503:
                await sleep(150)
                async with ctx.client("csm-gateway", "POST /out/pacs.008") as c:
                    await c.send({"e2e": e2e, "amt": s["amt"], "again": 1})
        elif op == "CREDIT":
            async with ctx.client("csm-gateway", "POST /out/pacs.002") as c:
                await c.send({"e2e": e2e, "st": "ACCP"})
                say(c, e2e, "INFO", "pacs.002 ACCP delivered", "c.n.hub.ClearingClient")
            await ctx.publish("payment.outcome", {"e2e": e2e, "state": "CREDITED", "why": None, "i": m.body.get("who")})
        elif op == "BOOK":
            await finish(ctx, e2e, "SETTLED")
        else:
            await finish(ctx, e2e, "REJECTED", "clearing")

    @hub.consumer("csm.status")
    async def on_status(ctx, m):
        e2e, s = m.body["e2e"], saga[m.body["e2e"]]
        await ctx.work(9)
        if s["state"] != "CLEARING":
            return say(ctx, e2e, "DEBUG", "pacs.002 for payment not in clearing, skipped")
        ok = m.body["st"] == "ACCP"
        ctx.log.info(f"Clearing says {m.body['st']}", logger="c.n.hub.ClearingListener", e2eId=e2e, incoming=True)
        s["state"] = "BOOKING"
        await command(ctx, "ledger.commands", {"e2e": e2e, "op": "BOOK" if ok else "RELEASE", "amt": s["amt"]})

    @hub.http("POST /recalls")
    async def hub_recall(ctx, b):
        say(ctx, b["e2e"], "INFO", f"Recall case opened, {b['reason']}", "c.n.hub.RecallService")
        async with ctx.span("INSERT recall_case", "CLIENT") as q:
            await q.work(3)
            say(q, b["e2e"], "DEBUG", "insert into recall_case (e2e_id, reason) values (?, ?)", "org.hibernate.SQL")
        await ctx.call("csm-gateway", "POST /out/camt.056", {"e2e": b["e2e"]})
        return 202, {}

    @hub.consumer("csm.recall-answer")
    async def recall_answer(ctx, m):
        await ctx.work(6)
        say(ctx, m.body["e2e"], "INFO", f"Recall {'granted' if m.body['yes'] else 'refused by beneficiary bank'}", "c.n.hub.RecallService")
        if m.body["yes"]:
            await command(ctx, "ledger.commands", {"e2e": m.body["e2e"], "op": "REFUND", "amt": 0})

    @hub.consumer("csm.inbound")
    async def inbound(ctx, m):
        ctx.log.info(f"Credit transfer from {m.body['bic']} amount {m.body['amt']}", logger="c.n.hub.InboundListener", e2eId=m.body["e2e"], incoming=True)
        await ctx.work(4)
        saga[m.body["e2e"]] = {"state": "IN", "t0": w.ns(), "amt": m.body["amt"], "cust": m.body["acct"], "got": {}}
        await command(ctx, "screening.request", {"e2e": m.body["e2e"], "iban": m.body["acct"], "dir": "in", "amt": m.body["amt"]})

    # ---------------- limits
    used = {}
    @limits.http("Limits/Reserve")
    async def reserve(ctx, b):
        async with ctx.span("HINCRBY", "CLIENT") as q:
            await q.work(1)
        used[b["who"]] = used.get(b["who"], 0) + b["amount"]
        ok = used[b["who"]] < 60000
        ctx.log("INFO" if ok else "WARN", "finished unary call", incoming=True, logger="grpc", **{"grpc.method": "Reserve", "grpc.code": "OK" if ok else "ResourceExhausted", "grpc.time_ms": round(ctx.elapsed_ms(), 3), "ref": b["ref"]})
        return (200 if ok else 429), {}
    @limits.http("Limits/Release")
    async def release(ctx, b):
        await ctx.work(1)
        ctx.log.info("limit given back", logger="limits", ref=b["ref"])
        return 200, {}

    # ---------------- screening (sanctions lists) and fraud
    @screen.consumer("screening.request", concurrency=6)
    async def scr(ctx, m):
        await ctx.work(2)
        ctx.log.info("request_received", incoming=True, end_to_end_id=m.body["e2e"], topic=m.topic, offset=m.id)
        async with ctx.span("match lists") as s:
            await s.work(35)
            hits = 0 if ctx.rng.random() < .9 else ctx.rng.randrange(1, 4)
            s.log.debug("matcher_done", lists=["EU", "OFAC", "UN"], candidates=hits, took_ms=round(s.elapsed_ms(), 1))
        ok = hits < 3
        if hits:
            async with ctx.span("second pass") as s:
                await s.work(220)
                s.log.info("fuzzy_hits_reviewed", hits=hits, decision="clear" if ok else "block")
        await ctx.publish("screening.reply", {"e2e": m.body["e2e"], "ok": ok, "dir": m.body["dir"], "amt": m.body.get("amt")})

    @fraud.consumer("fraud.request")
    async def frd(ctx, m):
        async def feats(n, ms):
            async with ctx.span("features " + n, "CLIENT") as s:
                await s.work(ms)
                if n == "device": s.log.debug(f"{n} features in {s.elapsed_ms():.1f}ms", logger="fraud.features:load:41")
        await asyncio.gather(feats("device", 8), feats("history", 18))
        await ctx.work(12)
        score = round(ctx.rng.betavariate(1.2, 7), 3)
        if score > .55:
            ctx.log.warning(f"{m.body['e2e']} scored {score} — blocking", logger="fraud.worker:score:58", incoming=True)
        else:
            ctx.log.info(f"{m.body['e2e']} scored {score}", logger="fraud.worker:score:60", incoming=True)
        async with ctx.producer("fraud.reply") as p:
            await p.send({"e2e": m.body["e2e"], "ok": score <= .55})
            p.log.debug(f"reply out for {m.body['e2e']}", logger="fraud.bus:send:19")

    # ---------------- ledger
    @ledger.consumer("ledger.commands", retries=3, retry_ms=80)
    async def led(ctx, m):
        op, e2e = m.body["op"], m.body["e2e"]
        await ctx.work(2)
        ctx.log.debug(f"Handling {op} for {e2e}", incoming=True, Op=op, PaymentRef=e2e, Attempt=m.attempt, logger="Ledger.Application.PostingHandler")
        if m.attempt == 1 and ctx.rng.random() < .03:
            ctx.log.warning("Serialization failure (40001), will be redelivered", PaymentRef=e2e, logger="Ledger.Infrastructure.Db")
            raise Exception("40001")
        async with ctx.span("postgresql ledger", "CLIENT") as q:
            await q.work(7)
            q.log.debug(f"Executed DbCommand ({q.elapsed_ms():.0f}ms) CALL post_entry(@p0,@p1,@p2)", logger="Microsoft.EntityFrameworkCore.Database.Command")
        ok = op != "RESERVE" or ctx.rng.random() > .03
        if op != "REFUND":
            async with ctx.producer("ledger.events") as p:
                mid = await p.send({"e2e": e2e, "op": op, "ok": ok})
                p.log.debug(f"Produced LedgerEvent to ledger.events [[{mid.split('@')[0]}]] @{mid.split('@')[1]}", PaymentRef=e2e, logger="Ledger.Infrastructure.KafkaBus")
        ctx.log.info(f"{op} {'posted' if ok else 'declined'}", PaymentRef=e2e, Amount=m.body["amt"], Journal=ctx.rng.randrange(10**6), logger="Ledger.Application.PostingHandler")

    # ---------------- gateway to the clearing house, which calls back
    async def csm(ctx, route, body, ms):
        await sleep(ms * math.exp(ctx.rng.gauss(0, .6)))
        await ctx.call("csm-gateway", route, body, client_span=False)

    @gw.http("POST /out/pacs.008")
    async def out8(ctx, b):
        if not b.get("again") and ctx.rng.random() < .04:
            ctx.log.warning(f"OUT pacs.008 {b['e2e']} refused: window full (32/32)", incoming=True)
            return 503, {}
        seq[0] += 1
        async with ctx.span("HSM sign") as s:
            await s.work(5)
        ctx.log.info(f"OUT pacs.008 seq={seq[0]} E2E={b['e2e']} -> CSM", incoming=True)
        verdict = "ACCP" if ctx.rng.random() < .95 else "RJCT"
        ctx.spawn(csm(ctx, "POST /in/pacs.002", {"e2e": b["e2e"], "st": verdict, "ref": seq[0]}, 900))
        return 202, {}
    @gw.http("POST /in/pacs.002")
    async def in2(ctx, b):
        ctx.log.info(f"IN pacs.002 for seq={b['ref']} status={b['st']}", incoming=True)
        async with ctx.span("HSM verify") as s:
            await s.work(4)
            s.log.debug(f"signature of seq={b['ref']} good, slot 2")
        async with ctx.producer("csm.status") as p:
            mid = await p.send({"e2e": b["e2e"], "st": b["st"]})
            p.log.debug(f"MQPUT csm.status msgid={mid} rc=0")
        return 200, {}
    @gw.http("POST /in/pacs.008")
    async def in8(ctx, b):
        async with ctx.span("HSM verify") as s:
            await s.work(4)
        ctx.log.info(f"IN pacs.008 E2E={b['e2e']} from {b['bic']} EUR {b['amt']}", incoming=True)
        async with ctx.producer("csm.inbound") as p:
            p.log.debug(f"hand over E2E={b['e2e']} to hub")
            await p.send(b)
        return 200, {}
    @gw.http("POST /out/pacs.002")
    async def out2(ctx, b):
        await ctx.work(6)
        ctx.log.info(f"OUT pacs.002 E2E={b['e2e']} {b['st']}", incoming=True)
        return 200, {}
    @gw.http("POST /out/camt.056")
    async def out56(ctx, b):
        seq[0] += 1
        ctx.log.info(f"OUT camt.056 seq={seq[0]} cancels E2E={b['e2e']}", incoming=True)
        ctx.spawn(csm(ctx, "POST /in/camt.029", {"e2e": b["e2e"], "yes": ctx.rng.random() < .5, "ref": seq[0]}, 2500))
        return 202, {}
    @gw.http("POST /in/camt.029")
    async def in29(ctx, b):
        ctx.log.info(f"IN camt.029 for seq={b['ref']} {'CNCL' if b['yes'] else 'RJCR'}", incoming=True)
        await ctx.publish("csm.recall-answer", {"e2e": b["e2e"], "yes": b["yes"]})
        return 200, {}

    # ---------------- who hears the outcome
    @note.consumer("payment.outcome", retries=2, retry_ms=400)
    async def tell(ctx, m):
        if ctx.rng.random() < .5: ctx.log.debug("payment.outcome in", attempt=m.attempt, state=m.body["state"], incoming=True)
        await ctx.work(4)
        if m.attempt == 1 and ctx.rng.random() < .04:
            ctx.log.warning("FCM 503, backing off", ref=m.body["e2e"], incoming=True)
            raise Exception("fcm")
        async with ctx.span("POST fcm.googleapis.com", "CLIENT") as c:
            await c.work(70)
            c.log.info("push sent", ref=m.body["e2e"], template="pay_" + m.body["state"].lower(), ms=int(c.elapsed_ms()))

    @recon.consumer("payment.outcome")
    async def keep(ctx, m):
        await ctx.work(2)
        if m.body["state"] != "REJECTED":
            settled.append((m.body["e2e"], m.origin))
            ctx.log.info("noted for settlement file", payment=m.body["e2e"], open=len(settled), incoming=True)

    @recon.every(12, first=9)
    async def settlement_file(ctx):
        if not settled: return
        batch, settled[:] = settled[:], []
        for _, o in batch: ctx.link(o)
        ctx.log.info("building settlement file", payments=len(batch), first=batch[0][0], last=batch[-1][0])
        async with ctx.span("PUT settlement.xml", "CLIENT") as s:
            await s.work(60)
            s.log.info("uploaded", key=f"stl/{len(batch):04d}-{w.ns() // NS}.xml")

    # ---------------- noise
    async def banner():
        hub.log.info("Starting PaymentHub 4.11.2 using Java 21.0.3 with PID 1", logger="c.n.hub.Application", thread="main")
        await sleep(40)
        hub.log.info("Subscribed to topic(s): screening.reply, fraud.reply, ledger.events, csm.status, csm.inbound", logger="o.a.k.clients.consumer.KafkaConsumer", thread="main")
    w.background.append(banner)
    hub.noise(6, lambda log: log.debug(f"HikariPool-1 - Pool stats (total=20, active={rng.randrange(6)}, idle=14, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="housekeeper"))
    gw.noise(5, lambda log: log.info(f"HEARTBEAT ok rtt={rng.randrange(3, 19)}ms window={rng.randrange(12)}/32"))
    screen.noise(15, lambda log: log.info("list_reloaded", list=rng.choice(["EU", "UN", "OFAC"]), entries=rng.randrange(9000, 20000)))
    chan.noise(4, lambda log: log.debug("GET /actuator/health 200", logger="access"))
    ledger.noise(8, lambda log: log.info("GC gen2 pause 3.1ms", logger="Ledger.Host.Runtime"))


async def load(w):
    r = w.rng
    async def one(i):
        if r.random() < .25:
            await w.start("csm-gateway", "POST /in/pacs.008", {"e2e": f"{r.choice(['DEUT', 'BNPA', 'INGB'])}-{r.randrange(10**8):08d}", "bic": r.choice(["DEUTDEFF", "BNPAFRPP", "INGBNL2A"]), "amt": r.randrange(1, 4000), "acct": f"LT{r.randrange(10**18):018d}"})
            return
        st, a = await w.start("channel-api", "POST /v1/transfers", {"cust": f"C{r.randrange(1000, 1080)}", "amt": r.randrange(5, 9000), "iban": f"EE{r.randrange(10**18):018d}", "i": i})
        if st != 202: return
        if r.random() < .2:
            await sleep(r.uniform(200, 5000))
            await w.start("channel-api", "GET /v1/transfers/" + a["endToEndId"])
        if r.random() < .06:
            await sleep(r.uniform(6000, 9000))
            await w.start("channel-api", f"POST /v1/transfers/{a['endToEndId']}/recall", {"reason": r.choice(["DUPL", "CUST", "FRAD"])})
    await arrivals(w, 150, 6, one)
    await sleep(14000)

record(build, load, "b_bank")
