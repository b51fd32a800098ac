"""Translation bureau: Phoenix portal, Oban jobs cut documents into segments, a Broadway pipeline asks the memory (Perl) and the C++ engine,
linguists are offered work by Shoryuken, a step function drives review and delivery, OTP checks terms, Lambda on SNS tells customers, a Perl cron writes bills."""
import json
from world import *


def traefik(r):         # gate: Traefik CLF, whole seconds but duration in ms at the end
    f = r.fields
    if "path" not in f: return f'time="{r.time:%Y-%m-%dT%H:%M:%SZ}" level={r.level.lower()} msg={json.dumps(r.message)}'
    ids = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    return (f'{f["ip"]} - {f["user"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["verb"]} {f["path"]} HTTP/2.0" {f["st"]} {f["size"]} "-" "-" {f["n"]} "portal@docker" "http://172.18.0.5:4000" {f["ms"]}ms{ids}'
            + (f' "{r.incoming}"' if r.incoming else ""))


def phx(r):             # portal: Phoenix default console
    md = f"request_id={r.fields['rid']} " if "rid" in r.fields else ""
    if r.trace_id: md += f"otel_trace_id={r.trace_id} otel_span_id={r.span_id} "
    if r.incoming_parent: md += f"otel_parent_id={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {md}[{'warning' if r.level == 'WARN' else r.level.lower()}] {r.message}"


def oban(r):            # jobs: Oban's own JSON reports, others as message
    d = dict(r.fields)
    if r.message: d["message"] = r.message
    d |= {"time": isoz(r, 6), "severity": {"WARN": "warning"}.get(r.level, r.level.lower())}
    if r.trace_id: d["metadata"] = {"trace_id": r.trace_id, "span_id": r.span_id} | ({"parent_span_id": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d)


def mojo(r):            # memory: Mojo::Log of Mojolicious
    t = f" [{r.fields['rq']}]" if "rq" in r.fields else ""
    ids = f" [{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 10:05d}] [{r.pid}] [{r.level.lower()}]{t}{ids} {r.message}" + (f" <- {r.incoming}" if r.incoming else "")


def glog(r):            # nmt: glog of the classical year-less kind
    v = "".join(f" {k}={x}" for k, x in r.fields.items())
    if r.trace_id: v += f" trace={r.trace_id} span={r.span_id}"
    if r.incoming_parent: v += f" remote_parent={r.incoming_parent}"
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid:5d} {r.logger}] {r.message}{v}"


def sasl(r):            # terms: old Erlang error_logger reports, the text on the next line, indented
    kind = {"ERROR": "ERROR", "WARN": "WARNING"}.get(r.level, "INFO")
    s = f"={kind} REPORT==== {r.time.day}-{r.time:%b-%Y}::{r.time:%H:%M:%S}.{r.time.microsecond:06d} ===\n    " + r.message
    if r.trace_id: s += f"\n    trace: {r.trace_id}\n    span: {r.span_id}"
    if r.incoming_parent: s += f"\n    parent: {r.incoming_parent}"
    return s


def shoryuken(r):       # linguists: Shoryuken::Logging::Pretty
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    inc = f" (traceparent {r.incoming})" if r.incoming else ""
    where = f" {r.fields['w']}" if "w" in r.fields else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%SZ} {r.pid} TID-{format(700000 + r.thread * 31337, 'x')}{where} {r.level}: {r.message}{ids}{inc}"


def sfn(r):             # delivery: step functions' vended logs
    d = {"id": str(r.fields["n"]), "type": r.message, "details": r.fields.get("details", {}), "previous_event_id": str(r.fields["n"] - 1), "event_timestamp": str(r.ns // 1_000_000),
         "execution_arn": f"arn:aws:states:eu-west-1:204417:execution:Delivery:{r.fields['x']}"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def pylambda(r):        # tell: python runtime
    if "raw" in r.fields: return r.message
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    return f"[{'WARNING' if r.level == 'WARN' else r.level}]\t{isoz(r)}\t{r.fields['rq']}\t{r.message}{ids}"


def perl(r):            # bills: print localtime . " bills.pl[$$] ..."
    ids = f" #{r.trace_id}.{r.span_id}" if r.trace_id else ""
    return f"{r.time:%a %b} {r.time.day:2d} {r.time:%H:%M:%S} {r.time.year} bills.pl[{r.pid}] {r.message}{ids}"


def build(w):
    w.network_ms, w.broker_ms = 0.9, 6
    w.orders, done = {}, []
    n = {"oban": w.rng.randrange(220000, 300000), "req": 900, "ord": w.rng.randrange(5100, 5900), "line": 0, "inv": w.rng.randrange(10000, 20000)}

    def nxt(k, by=1):
        n[k] += by
        return n[k]

    gate = w.service("gate", traefik)
    portal = w.service("portal", phx, errors=lambda c, e: c.log.error(f"** (exit) an exception was raised:\n    ** (RuntimeError) {e}\n        (portal 2.9.1) lib/portal/orders.ex:140: Portal.Orders.finish/2"))
    jobs = w.service("jobs", oban, errors=lambda c, e: c.log.error("", event="job:exception", source="oban", error=f"** (Oban.PerformError) {e}", state="discard"))
    tm = w.service("memory", mojo)
    nmt = w.service("nmt", glog, errors=lambda c, e: c.log.error(f"Check failed: status.ok() {e}", logger="amqp_worker.cc:112"))
    terms = w.service("terms", sasl, errors=lambda c, e: c.log.error(f"** Generic server terms_worker terminating\n    ** Reason for termination ==\n    ** {{error,\"{e}\"}}"))
    ling = w.service("linguists", shoryuken, errors=lambda c, e: c.log.error(f"Processor failed: {e}"))
    step = w.service("delivery", sfn)
    tell = w.service("tell", pylambda, errors=lambda c, e: c.log.error(f"{e}\nTraceback (most recent call last):\n  File \"/var/task/tell.py\", line 22, in handler\n    raise RuntimeError(msg)", rq="-"))
    cron = w.service("bills", perl)
    b62 = lambda k: "".join(w.rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") for _ in range(k))

    # ---------------------------------------------------------------- gate
    @gate.http("ANY *")
    async def proxy(c, b):
        verb, path = b["_route"].split(" ")
        st, a = await c.call("portal", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", path=path, verb=verb, st=st, size=c.rng.randrange(20, 4000), ms=int(c.elapsed_ms()), n=nxt("req"), user=c.rng.choice(["-", "-", "acme", "lufta"]), ip=f"84.17.{c.rng.randrange(60)}.{c.rng.randrange(250)}", incoming=True)
        return st, a
    gate.noise(13, lambda l: l.debug("Skipping unchanged configuration"))

    # ---------------------------------------------------------------- portal
    def http(route, action, params):
        verb = route.split(" ")[0]

        def mark(f):
            @portal.http(route)
            async def wrapped(c, b):
                k = {"rid": "F" + b62(19)}
                c.log.info(f"{verb} {b['_route'].split(' ')[1]}", incoming=True, **k)
                if params: c.log.debug(f"Processing with PortalWeb.{action}\n  Parameters: %{{{', '.join(chr(34) + p + chr(34) + ' => ' + json.dumps(b.get(p)) for p in params)}}}\n  Pipelines: [:api]", **k)
                st, a = await f(c, b, k)
                d = c.elapsed_ms()
                c.log.info(f"Sent {st} in {d:.0f}ms" if d >= 1 else f"Sent {st} in {d * 1000:.0f}µs", **k)
                return st, a
        return mark

    async def ecto(c, k, source, sql, args, ms=2.5, show=0.8):
        async with c.span("portal.repo.query:" + source, "CLIENT") as s:
            await s.work(ms)
            if s.rng.random() < show: s.log.debug(f'QUERY OK source="{source}" db={s.elapsed_ms():.1f}ms queue=0.1ms idle={s.rng.randrange(3, 1400)}.{s.rng.randrange(9)}ms\n{sql} {args}', **k)

    async def oban_insert(c, worker, queue, args):
        i = nxt("oban", w.rng.randrange(1, 4))
        await c.publish("oban:" + queue, {"id": i, "worker": worker, "args": args, "at": w.ns()})
        return i

    @http("POST /api/orders", "OrderController.create/2", ["source", "target", "words", "file"])
    async def create(c, b, k):
        no = nxt("ord", 2)
        ref = f"TB-{no}"
        await ecto(c, k, "orders", 'INSERT INTO "orders" ("id","source","target","words","state") VALUES ($1,$2,$3,$4,$5)', f'[{no}, "{b["source"]}", "{b["target"]}", {b["words"]}, "new"]', 4)
        w.orders[ref] = {"no": no, "lang": f"{b['source']}-{b['target']}", "words": b["words"], "state": "new", "file": b["file"]}
        i = await oban_insert(c, "Bureau.Workers.Split", "documents", {"order_id": no})
        if c.rng.random() < 0.5: c.log.info(f"order {no} accepted, split job {i}", **k)
        return 201, {"ref": ref}

    @http("GET /api/orders/{ref}", "OrderController.show/2", [])
    async def show(c, b, k):
        o = w.orders[b["_route"].split("/")[-1]]
        await ecto(c, k, "orders", 'SELECT o0."id", o0."state" FROM "orders" AS o0 WHERE (o0."id" = $1)', f'[{o["no"]}]', 1.2, 0.9)
        return 200, {"state": o["state"]}

    @http("POST /api/orders/{ref}/cancel", "OrderController.cancel/2", ["reason"])
    async def cancel(c, b, k):
        ref = b["_route"].split("/")[3]
        o = w.orders[ref]
        if o["state"] in ("delivered", "cancelled"): return 422, {}
        o["state"] = "cancelled"
        await ecto(c, k, "orders", 'UPDATE "orders" SET "state" = $1 WHERE "id" = $2', f'["cancelled", {o["no"]}]', 3)
        await c.publish("sns:orders", {"event": "OrderCancelled", "order": ref})
        return 200, {}

    @http("POST /hooks/linguist", "HookController.linguist/2", ["assignment", "answer"])
    async def answered(c, b, k):
        async with c.producer("sqs:answers") as p:
            await p.send({"assignment": b["assignment"], "answer": b["answer"]})
            p.log.debug(f"answers <- {b['assignment']}", **k)
        return 204, {}

    @portal.consumer("order.translated", retries=1)
    async def translated(c, m):
        o = w.orders[m.body["ref"]]
        await ecto(c, {}, "orders", 'UPDATE "orders" SET "state" = $1 WHERE "id" = $2', f'["translated", {o["no"]}]', 3)
        if o["state"] == "cancelled":
            c.log.info(f"order {o['no']} was cancelled meanwhile, dropping result", incoming=True)
            return
        o["state"] = "translated"
        c.log.info(f"order {o['no']} translated, {m.body['segments']} segments", incoming=True)
        async with c.client("delivery", "POST StartExecution") as k:
            st, a = await k.send({"ref": m.body["ref"], "lang": o["lang"]})
            k.log.debug(f"StartExecution Delivery -> {a['name']}")
    portal.noise(7, lambda l: l.info(f"CONNECTED TO Phoenix.LiveView.Socket in {w.rng.randrange(20, 90)}µs\n  Transport: :websocket\n  Serializer: Phoenix.Socket.V2.JSONSerializer"))

    # ---------------------------------------------------------------- oban, and the pipeline of segments
    def perform(queue, attempts=3):
        def mark(f):
            @jobs.consumer("oban:" + queue, retries=attempts - 1, retry_ms=500, concurrency=10)
            async def run(c, m):
                x = m.body
                base = {"source": "oban", "id": x["id"], "worker": x["worker"], "queue": queue, "args": x["args"], "attempt": m.attempt, "max_attempts": attempts}
                c.log.info("", event="job:start", **base, system_time=w.ns(), incoming=True)
                try:
                    await f(c, x)
                except Fault: raise
                except Exception as e:
                    c.log.warning("", event="job:exception", **base, error=f"** (RuntimeError) {e}", duration=int(c.elapsed_ms() * 1000), state="failure" if m.attempt < attempts else "discard")
                    raise
                c.log.info("", event="job:stop", **base, duration=int(c.elapsed_ms() * 1000), queue_time=int((w.ns() - x["at"]) / 1000), state="success")
        return mark

    joins = {}

    @perform("documents")
    async def split(c, x):
        no = x["args"]["order_id"]
        ref = f"TB-{no}"
        o = w.orders[ref]
        async with c.span("s3 get", "CLIENT") as s:
            await s.work(35)
            if s.rng.random() < 0.04: raise Exception("%ExAws.Error{message: \"503 SlowDown\"}")
            if s.rng.random() < 0.7: s.log.debug(f"fetched s3://bureau-in/{o['file']}", bytes=o["words"] * 7)
        count = 1 + o["words"] // 480
        joins[ref] = {"want": count, "got": 0}
        for i in range(1, count + 1):
            await c.publish("segments", {"seg": f"{no}.{i}", "ref": ref, "lang": o["lang"], "words": o["words"] // count}, producer_span=i == 1)
        c.log.info(f"{count} segments out", order_id=no)

    @jobs.consumer("segments", retries=2, retry_ms=300, concurrency=14)
    async def broadway(c, m):
        x = m.body
        async with c.client("memory", "POST /lookup") as k:
            st, a = await k.send({"seg": x["seg"], "lang": x["lang"]})
        if a["score"] >= 95:
            c.log.debug("memory hit", segment=x["seg"], score=a["score"], pipeline="Bureau.SegmentPipeline", incoming=True)
            await c.publish("segment.done", x, producer_span=False)
            return
        async with c.producer("nmt.in") as p:
            mid = await p.send(x)
            p.log.debug("ask engine", segment=x["seg"], message_id=mid)

    @jobs.consumer("segment.done")
    async def collect(c, m):
        x = m.body
        j = joins[x["ref"]]
        j["got"] += 1
        await c.work(1.5)
        if j["got"] == j["want"]:
            c.log.info("all segments there", order=x["ref"], segments=j["got"], incoming=True)
            async with c.client("terms", "POST /check") as k:
                st, a = await k.send({"ref": x["ref"], "n": j["want"]})
                if a["bad"]: k.log.warning("terms violated", order=x["ref"], count=a["bad"])
            await c.publish("order.translated", {"ref": x["ref"], "segments": j["want"]})
        elif c.rng.random() < 0.6: c.log.debug(f"{j['got']}/{j['want']}", segment=x["seg"], incoming=True)
    jobs.noise(5, lambda l: l.debug("", event="plugin:stop", source="oban", plugin="Oban.Plugins.Pruner", pruned_count=w.rng.randrange(30), duration=w.rng.randrange(900, 4000)))

    # ---------------------------------------------------------------- memory
    @tm.http("POST /lookup")
    async def lookup(c, b):
        rq = {"rq": b62(12)}
        c.log.debug('POST "/lookup"', incoming=True, **rq)
        c.log.debug('Routing to controller "Memory::Controller::Tm" and action "lookup"', **rq)
        async with c.span("sphinx", "CLIENT") as s:
            await s.work(9)
            score = s.rng.choice([0, 0, 54, 71, 83, 95, 100])
            if score: s.log.debug(f"best match for {b['seg']}: {score}%", **rq)
        sec = c.elapsed_ms() / 1000
        c.log.debug(f"200 OK ({sec:.6f}s, {1 / sec:.3f}/s)", **rq)
        return 200, {"score": score}

    @tm.consumer("segment.done")
    async def learn(c, m):
        await c.work(5)
        if c.rng.random() < 0.6: c.log.info(f"learned {m.body['seg']} ({m.body['lang']})", incoming=True)
    tm.noise(6, lambda l: l.info(f"Worker {w.rng.randrange(4000, 4009)} has been alive for {w.rng.randrange(1, 90)} minutes"))

    # ---------------------------------------------------------------- engine
    @nmt.consumer("nmt.in", retries=2, retry_ms=400, concurrency=4)
    async def translate(c, m):
        x = m.body
        if c.rng.random() < 0.03:
            c.log.warning(f"CUDA out of memory on batch of {x['seg']}, nack requeue=1", logger="batcher.cc:93", incoming=True)
            raise Exception("oom")
        async with c.span("beam search") as s:
            await s.work(150 + x["words"] * 0.5, 0.4)
            if s.rng.random() < 0.6: s.log.debug(f"beam=6 norm=0.6 tokens={int(x['words'] * 1.4)} {s.elapsed_ms():.0f}ms", logger="translator.cc:240")
        c.log.info("translated", seg=x["seg"], pair=x["lang"], model="transformer-big.v7", logger="amqp_worker.cc:88", incoming=True)
        await c.publish("segment.done", x)
    nmt.noise(4, lambda l: l.info(f"gpu0 util {w.rng.randrange(20, 99)}% mem {w.rng.randrange(9, 15)}GiB", logger="gpu_monitor.cc:31"))

    # ---------------------------------------------------------------- terms
    @terms.http("POST /check")
    async def check(c, b):
        await c.work(30)
        bad = c.rng.choice([0, 0, 0, 0, 2, 5])
        c.log.info(f"checked {b['ref']}: {b['n']} segments, {bad} violations, {c.elapsed_ms():.1f} ms", incoming=True)
        return 200, {"bad": bad}
    terms.noise(9, lambda l: l.info(f"application: terms\n    glossary reload, {w.rng.randrange(20000, 20400)} entries"))

    # ---------------------------------------------------------------- step function: offers to linguists, wait for token, deliver
    tokens = {}

    @step.http("POST StartExecution")
    async def execute(c, b):
        x = f"{b['ref']}-{c.rng.getrandbits(24):06x}"
        c.log.info("ExecutionStarted", n=1, x=x, details={"input": json.dumps({"order": b["ref"], "lang": b["lang"]}), "roleArn": "arn:aws:iam::204417:role/sfn"}, incoming=True)
        c.spawn(machine(c, x, b["ref"], b["lang"]))
        return 200, {"name": x}

    async def machine(c0, x, ref, lang):
        async with c0.span("Delivery") as c:
            e = [1]

            def ev(k, kind, **details):
                e[0] += 1
                k.log.info(kind, n=e[0], x=x, details=details)
            for attempt in (1, 2, 3):
                async with c.span("FindReviewer") as s:
                    ev(s, "TaskStateEntered", name="FindReviewer")
                    f = tokens[x] = w.loop.create_future()
                    async with s.producer("sqs:offers") as p:
                        await p.send({"order": ref, "lang": lang, "token": x, "round": attempt})
                        ev(p, "TaskSubmitted", resource="sendMessage.waitForTaskToken")
                    try:
                        who = await asyncio.wait_for(f, 9)
                        ev(s, "TaskSucceeded", output=json.dumps({"linguist": who}))
                    except asyncio.TimeoutError:
                        who = None
                        ev(s, "TaskTimedOut", error="States.HeartbeatTimeout")
                if who: break
            async with c.span("Review") as s:
                await s.work(900, 0.6)
                ev(s, "TaskStateExited", name="Review")
            if w.orders[ref]["state"] == "cancelled":
                ev(c, "ExecutionAborted", cause="order cancelled")
                return
            async with c.span("Deliver") as s:
                await s.work(70)
                await s.publish("sns:orders", {"event": "OrderDelivered", "order": ref, "linguist": who})
            w.orders[ref]["state"] = "delivered"
            done.append((c, ref, who))
            ev(c, "ExecutionSucceeded", output=json.dumps({"order": ref}))

    @step.http("POST SendTaskSuccess")
    async def token(c, b):
        f = tokens.get(b["token"])
        await c.work(6)
        if not f or f.done(): return 400, {}
        f.set_result(b["linguist"])
        return 200, {}

    # ---------------------------------------------------------------- linguists
    offers = {}

    @ling.consumer("sqs:offers", retries=1)
    async def offer(c, m):
        where = f"OfferWorker/offers/{m.id}"
        c.log.info("started at " + f"{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} UTC", w=where, incoming=True)
        async with c.span("SELECT linguists", "CLIENT") as s:
            await s.work(7)
            who = s.rng.sample(range(301, 340), 2)
        for i, p in enumerate(who):
            a = f"AS{w.orders[m.body['order']]['no']}{m.body['round']}{i}"
            offers[a] = {"token": m.body["token"], "linguist": p, "order": m.body["order"]}
            async with c.span("ses SendEmail", "CLIENT") as s:
                await s.work(45)
                s.log.info(f"offered {m.body['order']} to linguist #{p} as {a}", w=where)
            w._spawn(w.human(a, i))
        c.log.info(f"completed in: {c.elapsed_ms()} ms", w=where)

    @ling.consumer("sqs:answers", retries=2, retry_ms=250)
    async def answer(c, m):
        where = f"AnswerWorker/answers/{m.id}"
        o = offers[m.body["assignment"]]
        c.log.info("started at " + f"{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} UTC", w=where, incoming=True)
        await c.work(4)
        if m.body["answer"] == "no":
            c.log.info(f"linguist #{o['linguist']} declines {o['order']}", w=where)
        else:
            async with c.client("delivery", "POST SendTaskSuccess") as k:
                st, _ = await k.send(o)
                if st != 200: k.log.warning(f"{m.body['assignment']} came too late, TaskTimedOut", w=where)
        c.log.info(f"completed in: {c.elapsed_ms()} ms", w=where)
    ling.noise(6, lambda l: l.debug(f"Ready: {w.rng.randrange(8, 25)}, Busy: {w.rng.randrange(4)}, Active Queues: offers, answers"))

    # ---------------------------------------------------------------- lambda
    @tell.consumer("sns:orders", retries=1)
    async def notify(c, m):
        rq = "%08x-%04x-4%03x-8%03x-%012x" % tuple(c.rng.getrandbits(k) for k in (32, 16, 12, 12, 48))
        if c.rng.random() < 0.15: c.log.info("INIT_START Runtime Version: python:3.12.v57\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:2fb93", raw=1)
        c.log.info(f"START RequestId: {rq} Version: 31", raw=1)
        c.log.info(f"SNS {m.id} {m.body['event']} for {m.body['order']}", rq=rq, incoming=True)
        async with c.span("POST mailgun", "CLIENT") as s:
            await s.work(130, 0.5)
            if s.rng.random() < 0.7: s.log.debug("https://api.mailgun.net:443 \"POST /v3/tb.example/messages HTTP/1.1\" 200 112", rq=rq)
        c.log.info(f"END RequestId: {rq}", raw=1)
        c.log.info(f"REPORT RequestId: {rq}\tDuration: {c.elapsed_ms():.2f} ms\tBilled Duration: {math.ceil(c.elapsed_ms())} ms\tMemory Size: 128 MB\tMax Memory Used: {c.rng.randrange(52, 60)} MB", raw=1)

    # ---------------------------------------------------------------- bills
    @cron.every(13, first=10)
    async def bills(c):
        rows, done[:] = list(done), []
        c.log.info(f"run started, {len(rows)} deliveries")
        for k, ref, who in rows:
            c.link(k)
            async with c.span("bill") as s:
                await s.work(18)
                s.log.info(f"{ref}: invoice {nxt('inv')} over {w.orders[ref]['words'] * 0.14:.2f} EUR" + (f", fee to {who}" if who else ""))
        c.log.info("run finished")


async def load(w):
    r = w.rng

    async def human(a, i):
        """the linguist reads mail and clicks"""
        await sleep(r.uniform(300, 5200) + 400 * i)
        await w.start("gate", "POST /hooks/linguist", {"assignment": a, "answer": "no" if r.random() < 0.25 else "yes"})
    w.human = lambda a, i: human(a, i)

    async def one(i):
        x = r.random()
        if x < 0.55 or not w.orders:
            st, a = await w.start("gate", "POST /api/orders", {"source": r.choice(["en", "de", "fr"]), "target": r.choice(["pl", "it", "ja", "nl"]), "words": r.randrange(200, 1400), "file": f"{r.getrandbits(40):010x}.docx"})
            for _ in range(r.choice([0, 0, 1, 2])):
                await sleep(r.uniform(800, 3500))
                await w.start("gate", f"GET /api/orders/{a['ref']}")
        elif x < 0.9: await w.start("gate", f"GET /api/orders/{r.choice(list(w.orders))}")
        else: await w.start("gate", f"POST /api/orders/{r.choice(list(w.orders))}/cancel", {"reason": r.choice(["duplicate", "price", "other"])})
    await arrivals(w, 95, 2.2, one)
    await sleep(5000)

record(build, load, "z_translationbureau2")
