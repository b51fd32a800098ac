"""Support chat: websocket edge, bot with NLU and knowledge base over request/reply, handover to a human desk, transcripts, surveys."""
import json
from world import *


# zap production JSON
def zapjson(r):
    d = {"level": r.level.lower(), "ts": round(r.ns / NS, 6), "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


# loguru
def loguru(r):
    ids = f" | trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    up = f" up={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {r.level.replace('WARN', 'WARNING'):<8} | {r.logger} - {r.message}{ids}{up}"


# structlog console
def structlog(r):
    d = dict(r.fields)
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return f"{isoz(r, 6)} [{r.level.lower().replace('warn', 'warning'):<9}] {r.message:<30} " + " ".join(f"{k}={v!r}" if isinstance(v, str) and " " in v else f"{k}={v}" for k, v in sorted(d.items()))


# tracing-subscriber compact
def tracing(r):
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) else v}" for k, v in r.fields.items())
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent_span_id={r.incoming_parent}"
    return f"{isoz(r, 6)} {r.level:>5} {r.logger}: {r.message}{kv}{ids}"


# Serilog console, whole seconds
def serilog(r):
    ids = f" {{TraceId={r.trace_id} SpanId={r.span_id}}}" if r.trace_id else ""
    up = f" {{Traceparent={r.incoming}}}" if r.incoming else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S} {dict(DEBUG='DBG', INFO='INF', WARN='WRN', ERROR='ERR')[r.level]}] {r.message}{ids}{up}"


# winston, printf format
def winston(r):
    m = dict(r.fields)
    if r.trace_id: m |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: m["traceparent"] = r.incoming
    return f"{isoz(r)} {r.level.lower()}: {r.message}" + (" " + json.dumps(m) if m else "")


# GCP JSON
def gcp(r):
    d = {"severity": r.level.replace("WARN", "WARNING"), "time": isoz(r, 9), "message": r.message, "logging.googleapis.com/labels": {"app": "ledger"}}
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/helpline-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming_parent: d["parentSpanId"] = r.incoming_parent
    return json.dumps(d | ({"jsonPayload": r.fields} if r.fields else {}))


# logback
def logback(r):
    mdc = f"{{trace_id={r.trace_id}, span_id={r.span_id}}}" if r.trace_id else "{}"
    up = f" [from span {r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} [pool-2-thread-{r.thread}] {r.level:<5} {r.logger} {mdc} - {r.message}{up}"


def build(w):
    w.network_ms, w.broker_ms = 0.8, 2
    redis = [1790000000000, 0]

    def mid():
        redis[0] = max(redis[0], w.ns() // 1_000_000)
        redis[1] += 1
        return f"{redis[0]}-{redis[1] % 3}{redis[1] % 7}"
    w.new_message_id = mid
    edge = w.service("edge", zapjson, errors=lambda ctx, e: ctx.log.error("push failed", logger="ws/hub.go:201", error=str(e)))
    bot = w.service("bot-brain", loguru, errors=lambda ctx, e: ctx.log.error(f"turn crashed: {e}", logger="bot.turns:run:88"))
    nlu = w.service("nlu", structlog, errors=lambda ctx, e: ctx.log.error("inference_failed", error=str(e)))
    kb = w.service("kb-search", tracing)
    desk = w.service("agent-desk", serilog, errors=lambda ctx, e: ctx.log.error(f"Handler failed: {e}\n   at Desk.Routing.HandoverHandler.Handle(HandoverRequested m) in /src/Routing/HandoverHandler.cs:line 58"))
    rout = w.service("skills-router", winston, errors=lambda ctx, e: ctx.log.error(f"routing error {e}"))
    led = w.service("transcripts", gcp, errors=lambda ctx, e: ctx.log.error(f"append failed: {e}"))
    crm = w.service("crm-bridge", logback)
    conv, waiting, seq = {}, {}, {"m": 0, "case": 5500}
    w.conv = conv

    # ------------------------------------------------------------ edge (websocket frames in, frames out)
    @edge.http("WS message")
    async def frame(ctx, b):
        cid = b["conversation"]
        seq["m"] += 1
        ref = f"{cid}.{seq['m']}"
        ctx.log.info("frame in", logger="ws/conn.go:118", incoming=True, conv=cid, ref=ref, bytes=len(b["text"]))
        human = conv.get(cid, {}).get("agent")
        await ctx.work(1.5)
        async with ctx.producer("chat.to_agent" if human else "chat.inbound") as p:
            await p.send({"conv": cid, "ref": ref, "text": b["text"], "user": b["user"]})
            p.log.debug("xadd", logger="bus/redis.go:44", stream="chat.to_agent" if human else "chat.inbound", ref=ref)
        conv.setdefault(cid, {"turns": 0})["turns"] += 1
        ctx.log.info("frame accepted", logger="ws/conn.go:140", ref=ref, took=f"{ctx.elapsed_ms():.1f}ms")
        return 202, {"ref": ref}

    @edge.http("POST /conversations")
    async def begin(ctx, b):
        cid = "c%07x" % ctx.rng.getrandbits(28)
        ctx.log.info("upgrade", logger="ws/conn.go:61", incoming=True, user=b["user"])
        async with ctx.client("crm-bridge", "GET /contacts") as c:
            status, a = await c.send({"user": b["user"]})
            c.log.debug("crm answered", logger="crm/client.go:29", status=status, took=f"{c.elapsed_ms():.1f}ms")
            if status != 200: c.log.warning("crm lookup skipped", logger="crm/client.go:33", status=status)
        async with ctx.span("SETEX session", "CLIENT") as c:
            await c.work(0.7)
        conv[cid] = {"turns": 0, "user": b["user"]}
        await ctx.publish("conversation.opened", {"conv": cid, "user": b["user"]})
        ctx.log.info("session open", logger="ws/conn.go:92", conv=cid, took=f"{ctx.elapsed_ms():.1f}ms")
        return 101, {"conv": cid}

    @edge.consumer("chat.outbound")
    async def out(ctx, m):
        ctx.log.debug("outbound", logger="ws/hub.go:172", incoming=True, id=m.id, conv=m.body["conv"])
        await ctx.work(1)
        if ctx.rng.random() < 0.04:
            ctx.log.warning("socket gone, parked for reconnect", logger="ws/hub.go:188", conv=m.body["conv"])
            return
        ctx.log.info("frame out", logger="ws/hub.go:195", conv=m.body["conv"], ref=m.body["ref"], sender=m.body["by"])

    # ------------------------------------------------------------ bot: nlu by request/reply over the bus, kb by rpc
    @bot.consumer("chat.inbound", concurrency=12)
    async def turn(ctx, m):
        cid, ref = m.body["conv"], m.body["ref"]
        ctx.log.info(f"turn {ref} begins ({m.body['text'][:18]!r})", logger="bot.turns:run:41", incoming=True)
        async with ctx.span("load dialogue state", "CLIENT") as c:
            await c.work(2)
            c.log.debug(f"HGETALL dlg:{cid}", logger="bot.state:load:12")
        fut = asyncio.get_event_loop().create_future()
        waiting[ref] = fut
        async with ctx.producer("nlu.requests") as p:
            p.log.debug(f"asking nlu about {ref}", logger="bot.rpc:ask:20")
            await p.send({"correlation_id": ref, "text": m.body["text"], "reply_to": "nlu.replies"})
        try:
            answer = await asyncio.wait_for(fut, 4)
        except asyncio.TimeoutError:
            ctx.log.warning(f"no NLU answer for {ref} within 4 s, falling back", logger="bot.turns:run:57")
            answer = {"intent": "fallback", "score": 0}
        if answer["intent"] in ("fallback", "complaint", "human_please"):
            ctx.log.info(f"turn {ref}: I give this one to a colleague ({answer['intent']})", logger="bot.turns:escalate:63")
            async with ctx.producer("handover.requested") as p:
                await p.send({"conv": cid, "ref": ref, "intent": answer["intent"], "user": m.body["user"]})
            return
        async with ctx.client("kb-search", "POST /search") as c:
            status, hits = await c.send({"q": answer["intent"], "ref": ref})
            c.log.debug(f"kb -> {status}, {len(hits.get('hits', []))} hits", logger="bot.kb:ask:27")
        if status == 504:
            ctx.log.warning(f"turn {ref}: kb slow, canned reply", logger="bot.turns:run:70")
        async with ctx.span("compose reply") as c:
            await c.work(45)
            c.log.info(f"{ctx.rng.randrange(60, 300)} tokens, template={answer['intent']}", logger="bot.compose:run:19")
        await ctx.publish("chat.outbound", {"conv": cid, "ref": ref, "by": "bot"})
        ctx.log.info(f"turn {ref} ended after {ctx.elapsed_ms():.0f} ms", logger="bot.turns:run:80")

    @bot.consumer("nlu.replies")
    async def reply(ctx, m):
        f = waiting.pop(m.body["correlation_id"], None)
        if f is None or f.done():
            ctx.log.warning(f"late reply {m.body['correlation_id']}, nobody waits", logger="bot.rpc:on_reply:34", incoming=True)
            return
        ctx.log.debug(f"reply for {m.body['correlation_id']}: {m.body['intent']} {m.body['score']}", logger="bot.rpc:on_reply:31", incoming=True)
        f.set_result(m.body)

    @nlu.consumer("nlu.requests", concurrency=4)
    async def classify(ctx, m):
        ctx.log.info("request_received", incoming=True, correlation_id=m.body["correlation_id"], entry=m.id)
        async with ctx.span("tokenize") as c:
            await c.work(2)
        async with ctx.span("model forward") as c:
            await c.work(55)
            c.log.debug("forward_done", batch=1, device="cuda:0", ms=round(c.elapsed_ms(), 1))
        intent = ctx.rng.choice(["parcel_where", "refund_how", "parcel_where", "invoice_copy", "change_address", "complaint", "human_please", "opening_hours", "cancel_contract"])
        score = round(0.5 + ctx.rng.random() / 2, 3)
        if score < 0.53: intent = "fallback"
        async with ctx.producer(m.body["reply_to"]) as p:
            entry = await p.send({"correlation_id": m.body["correlation_id"], "intent": intent, "score": score})
            p.log.debug("reply_sent", stream=m.body["reply_to"], entry=entry)
        ctx.log.info("request_answered", correlation_id=m.body["correlation_id"], intent=intent, score=score)

    @kb.http("POST /search")
    async def search(ctx, b):
        ctx.log.info("search", logger="kb_search::api", incoming=True, q=b["q"])

        async def bm25():
            async with ctx.span("bm25") as c:
                await c.work(6)
                c.log.debug("lexical pass", logger="kb_search::lexical", candidates=ctx.rng.randrange(20, 200))

        async def dense():
            async with ctx.span("qdrant search", "CLIENT") as c:
                await c.work(14)
                c.log.debug("vector pass", logger="kb_search::dense", elapsed_us=int(c.elapsed_ms() * 1000))
        await asyncio.gather(bm25(), dense())
        if ctx.rng.random() < 0.03:
            await ctx.work(800)
            ctx.log.warning("deadline exceeded in rerank", logger="kb_search::api", q=b["q"])
            return 504, {}
        async with ctx.span("rerank") as c:
            await c.work(18)
        n = ctx.rng.randrange(1, 6)
        ctx.log.info("search finished", logger="kb_search::api", hits=n, elapsed_ms=round(ctx.elapsed_ms(), 2))
        return 200, {"hits": list(range(n))}

    # ------------------------------------------------------------ humans
    @desk.consumer("handover.requested", retries=1)
    async def handover(ctx, m):
        seq["case"] += 1
        case = f"HD-{seq['case']}"
        cid = m.body["conv"]
        ctx.log.info(f"Handover for {cid} received, opening {case}", incoming=True)
        async with ctx.span("INSERT Cases", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f"Executed DbCommand ({c.elapsed_ms():.0f}ms) [CommandType='Text'] INSERT INTO Cases")
        await ctx.publish("routing.find_agent", {"case": case, "skill": m.body["intent"], "conv": cid, "user": m.body["user"], "ref": m.body["ref"], "tries": 0})
        ctx.log.info(f"{case} queued")

    @rout.consumer("routing.find_agent")
    async def find(ctx, m):
        case = m.body["case"]
        ctx.log.info(f"looking for an agent: {case}", incoming=True, skill=m.body["skill"], attempt=m.body["tries"] + 1)
        async with ctx.span("zrange agents:free", "CLIENT") as c:
            await c.work(1.2)
            c.log.debug("candidates", n=ctx.rng.randrange(0, 9))
        if ctx.rng.random() < 0.22 and m.body["tries"] < 3:
            async with ctx.span("backoff") as c:
                await c.work(700)
            ctx.log.warn(f"all busy, {case} goes back to the queue")
            await ctx.publish("routing.find_agent", dict(m.body, tries=m.body["tries"] + 1))
            return
        agent = ctx.rng.choice(["mia", "tariq", "jo", "svetlana", "ben", "aiko"])
        async with ctx.producer("routing.agent_found") as p:
            await p.send(dict(m.body, agent=agent))
            p.log.info(f"{case} => {agent}")

    @desk.consumer("routing.agent_found")
    async def offered(ctx, m):
        case, cid = m.body["case"], m.body["conv"]
        ctx.log.info(f"Offering {case} to {m.body['agent']}", incoming=True)
        async with ctx.span("agent accepts") as c:
            await c.work(1200, 0.5)
            c.log.info(f"{m.body['agent']} accepted after {c.elapsed_ms() / 1000:.1f}s")
        conv.setdefault(cid, {"turns": 0})["agent"] = m.body["agent"]
        conv[cid]["case"] = case
        async with ctx.client("crm-bridge", "POST /tickets") as c:
            status, a = await c.send({"user": m.body["user"], "case": case})
            c.log.debug(f"POST crm-bridge/tickets responded {status} in {c.elapsed_ms():.4f} ms")
        await ctx.publish("chat.outbound", {"conv": cid, "ref": m.body["ref"], "by": m.body["agent"]})
        await ctx.publish("case.assigned", {"case": case, "agent": m.body["agent"], "conv": cid})
        ctx.log.info(f"{case} is live")

    @desk.consumer("chat.to_agent")
    async def to_agent(ctx, m):
        c0 = conv.get(m.body["conv"], {})
        ctx.log.info(f"Message {m.body['ref']} shown to {c0.get('agent')}", incoming=True)
        async with ctx.span("agent types") as c:
            await c.work(1800, 0.5)
        async with ctx.producer("chat.outbound") as p:
            await p.send({"conv": m.body["conv"], "ref": m.body["ref"], "by": c0.get("agent")})
            p.log.info(f"Reply to {m.body['ref']} sent")

    @desk.http("POST /conversations/{id}/close")
    async def close(ctx, b):
        cid = b["_route"].split("/")[2]
        ctx.log.info(f"HTTP POST /conversations/{cid}/close started", incoming=True)
        async with ctx.span("UPDATE Cases", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"Executed DbCommand ({c.elapsed_ms():.0f}ms) [CommandType='Text'] UPDATE Cases SET State=@p0")
        await ctx.publish("conversation.closed", {"conv": cid, "turns": conv[cid]["turns"], "user": conv[cid].get("user")})
        ctx.log.info(f"HTTP POST /conversations/{cid}/close responded 204 in {ctx.elapsed_ms():.1f} ms")
        return 204, {}

    # ------------------------------------------------------------ transcripts: hears everything
    def keep(topic, verb):
        @led.consumer(topic)
        async def on(ctx, m):
            cid = m.body["conv"]
            ctx.log.info(f"{verb} {m.body.get('ref') or cid}", incoming=True, conversationId=cid)
            async with ctx.span("bigtable MutateRow", "CLIENT") as c:
                await c.work(6)
                c.log.debug("row written", table="turns" if topic.startswith("chat") else "lifecycle")
            if topic == "conversation.closed":
                async with ctx.span("render pdf") as c:
                    await c.work(140)
                    c.log.info("transcript rendered", pages=ctx.rng.randrange(1, 4))
                async with ctx.client("crm-bridge", "POST /attachments") as c:
                    await c.send({"user": m.body["user"], "conv": cid})
                ctx.log.info("transcript archived", conversationId=cid, tookMs=round(ctx.elapsed_ms()))
            else:
                ctx.log.debug("kept", conversationId=cid, tookMs=round(ctx.elapsed_ms()))
    for topic, verb in (("chat.inbound", "customer said"), ("chat.outbound", "we said"), ("conversation.opened", "opened"), ("case.assigned", "assigned"), ("conversation.closed", "closing")):
        keep(topic, verb)

    # ------------------------------------------------------------ crm
    @crm.http("GET /contacts")
    async def contact(ctx, b):
        ctx.log.info(f"ContactService.lookup({b['user']})", logger="c.h.crm.ContactService", incoming=True)
        async with ctx.span("GET https://crm.vendor/contacts", "CLIENT") as c:
            await c.work(60)
            c.log.debug(f"<- 200 ({c.elapsed_ms():.0f}ms)", logger="feign.Logger")
        if ctx.rng.random() < 0.04:
            ctx.log.warning(f"no contact for {b['user']}", logger="c.h.crm.ContactService")
            return 404, {}
        ctx.log.info(f"ContactService.lookup() took {ctx.elapsed_ms():.0f}ms", logger="c.h.crm.ContactService")
        return 200, {}

    @crm.http("POST /tickets")
    async def ticket(ctx, b):
        ctx.log.info(f"TicketService.create({b['case']}, {b['user']})", logger="c.h.crm.TicketService", incoming=True)
        for attempt in (1, 2):
            async with ctx.span("POST https://crm.vendor/tickets", "CLIENT") as c:
                await c.work(95)
                if attempt == 1 and ctx.rng.random() < 0.06:
                    c.log.warning("<- 429 Too Many Requests, retrying", logger="feign.Logger")
                    continue
                c.log.debug(f"<- 201 ({c.elapsed_ms():.0f}ms)", logger="feign.Logger")
                break
        ctx.log.info(f"TicketService.create() took {ctx.elapsed_ms():.0f}ms", logger="c.h.crm.TicketService")
        return 201, {}

    @crm.http("POST /attachments")
    async def attach(ctx, b):
        await ctx.work(70)
        ctx.log.info(f"AttachmentService.put({b['conv']}.pdf) took {ctx.elapsed_ms():.0f}ms", logger="c.h.crm.AttachmentService", incoming=True)
        return 201, {}

    edge.noise(4, lambda log: log.debug("hub stats", logger="ws/hub.go:50", sockets=w.rng.randrange(300, 420)))
    nlu.noise(6, lambda log: log.debug("gpu_memory", used_mib=w.rng.randrange(5000, 7000)))
    rout.noise(5, lambda log: log.info("roster refreshed", agents=w.rng.randrange(20, 40)))
    crm.noise(9, lambda log: log.debug("HikariPool-1 - Before cleanup stats (total=8, active=0, idle=8, waiting=0)", logger="c.z.h.p.HikariPool"))
    kb.startup(lambda log: log.info("listening on 0.0.0.0:7070", logger="kb_search"))
    nlu.startup(lambda log: log.info("model_loaded", name="intent-deberta-v3", seconds=7.4))


async def load(w):
    r = w.rng
    texts = ["where is my parcel?", "I want my money back", "hello??", "need a copy of invoice 2231", "we moved, new address", "this is the third time!", "are you open on sunday", "let me talk to a human"]

    async def one(i):
        user = f"u-{r.randrange(100000, 999999)}"
        _, a = await w.start("edge", "POST /conversations", {"user": user})
        for _ in range(r.choice([1, 1, 2, 2, 3])):
            await sleep(r.uniform(400, 3500))
            await w.start("edge", "WS message", {"conversation": a["conv"], "user": user, "text": r.choice(texts)})
        if r.random() < 0.45:
            await sleep(r.uniform(3000, 7000))
            await w.start("agent-desk", f"POST /conversations/{a['conv']}/close")
    await arrivals(w, 60, 1.7, one)

record(build, load, "g_chat")
