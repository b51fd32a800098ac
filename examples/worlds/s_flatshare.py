"""Rooms in shared flats: adverts with photos (resized by a function, joined again), saved searches that match, applications with a credit
check which calls back, then lease, deposit and signature as a saga; stale adverts are taken down by a cron."""
import json, string
from world import *


def traefik(r):       # the proxy: JSON access log, nanosecond durations
    d = dict(r.fields)
    if r.trace_id: d |= {"SpanId": r.span_id, "TraceId": r.trace_id}
    if r.incoming: d["request_Traceparent"] = r.incoming
    if "RequestPath" not in d: d["msg"] = r.message
    return json.dumps(d | {"level": r.level.lower(), "time": isoz(r, 0)}, separators=(",", ":"))


def nest():           # listings: the ConsoleLogger of Nest, whole seconds and what passed since the last line
    last = [0]
    def line(r):
        gap = f" +{(r.ns - last[0]) // 1_000_000}ms" if last[0] else ""
        last[0] = r.ns
        lv = {"INFO": "LOG"}.get(r.level, r.level)
        first, *rest = r.message.split("\n")
        ids = f"[{r.trace_id}:{r.span_id}] " if r.trace_id else ""
        if r.incoming_parent: ids = ids[:-2] + f"<{r.incoming_parent}] "
        at = r.time.strftime("%m/%d/%Y, ") + f"{(r.time.hour - 1) % 12 + 1}:" + r.time.strftime("%M:%S %p")
        return "\n".join([f"[Nest] {r.pid}  - {at} {lv:>7} [{r.logger}] {ids}{first}{gap}"] + rest)
    return line


def nestpino(r):      # applications: nestjs-pino
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "applications-6d5f7c9b8-x2lqp"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    f = dict(r.fields)
    if r.incoming and "req" in f: f["req"] = f["req"] | {"headers": {"host": "applications:3000", "traceparent": r.incoming}}
    elif r.incoming: d["traceparent"] = r.incoming
    if r.logger != r.service: f["context"] = r.logger
    return json.dumps(d | f | {"msg": r.message}, separators=(",", ":"))


def winston(r):       # chat: winston with printf
    s = f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [{r.level.lower()}]"
    if r.trace_id: s += f" [{r.trace_id[:]} {r.span_id}]"
    s += f": {r.message}"
    if r.fields: s += " " + json.dumps(r.fields, separators=(",", ":"))
    return s + (f" (from {r.incoming})" if r.incoming else "")


def celery(r):        # screening
    who = "MainProcess" if "received" in r.message or r.logger == "main" else f"ForkPoolWorker-{r.thread}"
    ids = f" [trace_id={r.trace_id} span_id={r.span_id}]" if r.trace_id else ""
    if r.incoming: ids += f" [traceparent={r.incoming}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}: {r.level.replace('WARN', 'WARNING')}/{who}]{ids} {r.message}"


def lambda_tail(r):   # media: what `aws logs tail` shows of a Lambda
    m = r.message
    if "rid" in r.fields:
        m = f"{isoz(r)}\t{r.fields['rid']}\t{r.level}\t{m}"
        if r.trace_id: m += f"\ttrace={r.trace_id} span={r.span_id}"
    elif r.trace_id and m.startswith("REPORT"): m += f"\tXRAY TraceId: {r.trace_id}\tSegmentId: {r.span_id}\tSampled: true"
    if r.incoming: m += f"\ttraceparent: {r.incoming}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}000+00:00 {r.time:%Y/%m/%d}/[$LATEST]{r.thread * 0x1f3a77 & 0xffffff:06x}e0b1 {m}"


def bunyan(r):        # notify
    d = {"name": "notify", "hostname": "notify-0", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentSpanId"] = r.incoming_parent
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))


def slog(r):          # matcher: log/slog text
    q = lambda v: json.dumps(v, ensure_ascii=False) if isinstance(v, str) and (not v or any(x in v for x in ' ="')) else v
    s = f"time={isoz(r)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" parent_span_id={r.incoming_parent}" if r.incoming_parent else "")


def ktor(r):          # contracts: Ktor's logback.xml
    s = f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [eventLoopGroupProxy-4-{r.thread}] {r.level:<5} {r.logger} - "
    if r.trace_id: s = s[:-2] + f"[{r.trace_id},{r.span_id}{',' + r.incoming_parent if r.incoming_parent else ''}] - "
    return s + r.message


def build(w):
    w.network_ms, w.broker_ms = 1.4, 11
    w.listings, w.apps = {}, {}
    jobs, numbers, stale = [4410], {}, []
    B36 = string.digits + string.ascii_lowercase
    cuid = lambda: "cm8" + "".join(w.rng.choice(B36) for _ in range(22))
    uuid = lambda: "%08x-%04x-4%03x-9%03x-%012x" % tuple(w.rng.getrandbits(b) for b in (32, 16, 12, 12, 48))

    edge = w.service("traefik", traefik)
    lst = w.service("listings", nest(), errors=lambda c, e: c.log.error(
        f"{e}\nError: {e}\n    at ListingsConsumer.handle (/app/dist/listings/listings.consumer.js:48:19)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)", logger="ExceptionsHandler"))
    app = w.service("applications", nestpino, errors=lambda c, e: c.log.error(str(e), err={"type": "Error", "message": str(e), "stack": f"Error: {e}\n    at /app/dist/main.js:1:20931"}))
    chat = w.service("chat", winston, errors=lambda c, e: c.log.error(f"unhandledRejection {e}"))
    scr = w.service("screening", celery, errors=lambda c, e: c.log.error(
        f"Task screening.tasks.check_applicant raised unexpected: RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/usr/lib/python3.12/site-packages/celery/app/trace.py\", line 453, in trace_task\n    R = retval = fun(*args, **kwargs)\nRuntimeError: {e}"))
    med = w.service("media", lambda_tail, errors=lambda c, e: c.log.error(f"Invoke Error\t" + json.dumps({"errorType": "Error", "errorMessage": str(e)}), rid=uuid()))
    ntf = w.service("notify", bunyan, errors=lambda c, e: c.log.error("job failed", err={"message": str(e), "name": "UnrecoverableError"}))
    mat = w.service("matcher", slog, errors=lambda c, e: c.log.error("handler returned error", err=str(e)))
    con = w.service("contracts", ktor, errors=lambda c, e: c.log.error(f"Unhandled: {e}\njava.lang.IllegalStateException: {e}\n\tat app.lease.SagaKt.run(Saga.kt:77)", logger="ktor.application"))

    for m in ("[NestFactory] Starting Nest application...", "[InstanceLoader] PrismaModule dependencies initialized", "[RoutesResolver] ListingsController {/v1/listings}:",
              "[RouterExplorer] Mapped {/v1/listings, POST} route", "[NestApplication] Nest application successfully started"):
        lst.log.info(m.split("] ", 1)[1], logger=m[1:].split("]")[0])
    con.log.info("Application started in 0.703 seconds.", logger="ktor.application")

    # ---- proxy
    @edge.http("ANY *")
    async def access(c, b):
        verb, path = b["_route"].split(" ")
        to = {"listings": "listings", "applications": "applications", "leases": "contracts"}[path.split("/")[2]]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", ClientAddr=f"10.42.0.1:{c.rng.randrange(20000, 60000)}", ClientHost=f"91.14.{c.rng.randrange(256)}.{c.rng.randrange(256)}", DownstreamStatus=st, Duration=int(c.elapsed_ms() * 1e6),
                   OriginDuration=int((c.elapsed_ms() - 0.2) * 1e6), RequestMethod=verb, RequestPath=path, ServiceName=f"{to}@docker", entryPointName="websecure", incoming=True)
        return st, a

    # ---- listings
    P = "PrismaService"
    async def prisma(c, sql, params, ms=4):
        async with c.span("prisma:client:operation", "CLIENT") as s:
            await s.work(ms)
            s.log.debug(f"Query: {sql} Params: {json.dumps(params)} Duration: {max(1, int(s.elapsed_ms()))}ms", logger=P)

    @lst.http("POST /v1/listings")
    async def create(c, b):
        i = cuid()
        c.log.info(f"createListing user={b['user']} city={b['city']} rent={b['rent']} photos={b['photos']}", logger="ListingsController", incoming=True)
        await prisma(c, 'INSERT INTO "public"."Listing" ("id","ownerId","city","rent","status") VALUES ($1,$2,$3,$4,$5) RETURNING "public"."Listing"."id"', [i, b["user"], b["city"], b["rent"], "DRAFT"])
        w.listings[i] = {"id": i, "state": "DRAFT", "want": b["photos"], "have": set(), "owner": b["user"], "city": b["city"], "rent": b["rent"]}
        for n in range(b["photos"]):
            async with c.producer("photo.uploaded") as p:
                await p.send({"listing": i, "key": f"raw/{i}/{n + 1}.jpg", "n": n, "of": b["photos"]})
                if n == 0: p.log.debug(f"putObject raw/{i}/ ({b['photos']} objects)", logger="S3Service")
        c.log.info(f"Listing {i} saved as draft", logger="ListingsService")
        return 201, {"id": i}

    @lst.consumer("photo.ready", retries=1)
    async def ready(c, m):
        x = w.listings[m.body["listing"]]
        x["have"].add(m.body["key"])
        await prisma(c, 'UPDATE "public"."Photo" SET "thumb" = $1 WHERE ("public"."Photo"."key" = $2 AND 1=1)', [m.body["thumb"], m.body["key"]], 3)
        c.log.debug(f"photo {len(x['have'])}/{x['want']} of {x['id']}", logger="PhotoConsumer", incoming=True)
        if len(x["have"]) < x["want"] or x["state"] != "DRAFT": return
        x["state"] = "PUBLISHED"
        async with c.producer("listing.published") as p:
            await p.send({"listing": x["id"], "city": x["city"], "rent": x["rent"]})
            p.log.info(f"Emitting listing.published {{ id: '{x['id']}', city: '{x['city']}' }}", logger="EventBus")
        stale.append((x["id"], c))

    @lst.http("GET /internal/listings/{id}")
    async def one(c, b):
        i = b["_route"].split("/")[-1]
        await prisma(c, 'SELECT "public"."Listing"."id", "public"."Listing"."status" FROM "public"."Listing" WHERE ("public"."Listing"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3', [i, 1, 0], 2)
        return (200, {"owner": w.listings[i]["owner"]}) if w.listings[i]["state"] in ("PUBLISHED", "RESERVED") else (410, {})

    @lst.http("POST /internal/listings/{id}/reserve")
    async def reserve(c, b):
        i = b["_route"].split("/")[-2]
        await c.work(3)
        if w.listings[i]["state"] != "PUBLISHED":
            c.log.warning(f"ConflictException: {i} is {w.listings[i]['state']}", logger="HttpExceptionFilter", incoming=True)
            return 409, {}
        w.listings[i]["state"] = "RESERVED"
        c.log.info(f"reserved {i} for application {b['app']}", logger="ListingsService", incoming=True)
        return 200, {}

    @lst.http("POST /internal/listings/{id}/release")
    async def release(c, b):
        i = b["_route"].split("/")[-2]
        w.listings[i]["state"] = "PUBLISHED"
        await prisma(c, 'UPDATE "public"."Listing" SET "status" = $1 WHERE "id" = $2', ["PUBLISHED", i])
        c.log.warning(f"{i} is back on the market", logger="ListingsService", incoming=True)
        return 200, {}

    @lst.consumer("lease.signed")
    async def let(c, m):
        w.listings[m.body["listing"]]["state"] = "LET"
        await c.work(4)
        c.log.info(f"Listing {m.body['listing']} -> LET (lease {m.body['lease']})", logger="LeaseConsumer", incoming=True)

    @lst.every(9)
    async def expire_listings(c):
        c.log.info("Cron expireListings started", logger="Scheduler")
        n = 0
        for i, origin in stale[:]:
            stale.remove((i, origin))
            if w.listings[i]["state"] != "PUBLISHED" or c.rng.random() < 0.7: continue
            c.link(origin)
            n += 1
            async with c.span("expire", "INTERNAL") as s:
                await s.work(5)
                s.log.info(f"expiring {i}", logger="Scheduler")
                await s.publish("listing.expired", {"listing": i, "owner": w.listings[i]["owner"]})
            w.listings[i]["state"] = "EXPIRED"
        c.log.info(f"Cron expireListings finished, {n} expired in {c.elapsed_ms():.0f} ms", logger="Scheduler")
    lst.noise(6, lambda log: log.debug(f"GET /health 200 {w.rng.randrange(1, 4)}ms", logger="HealthController"))
    lst.noise(11, lambda log: log.info("Starting a postgresql pool with 9 connections.", logger=P))

    # ---- media function
    @med.consumer("photo.uploaded", retries=1, retry_ms=700)
    async def resize(c, m):
        rid, key = uuid(), m.body["key"]
        c.log.info(f"START RequestId: {rid} Version: 31", incoming=True)
        async with c.span("S3.GetObject", "CLIENT") as s:
            await s.work(35)
            s.log.debug(f"GetObject {key} {c.rng.randrange(900, 6200)}kB", rid=rid)
        if c.rng.random() < 0.03 and m.attempt == 1:
            c.log.error("Error: Input buffer contains unsupported image format", rid=rid)
            c.log.info(f"END RequestId: {rid}")
            raise Exception("sharp")
        for size in (320, 1280):
            async with c.span(f"sharp {size}") as s:
                await s.work(90)
                if size == 320: s.log.info(f"sharp: {key} -> {size}w webp", rid=rid)
        await c.publish("photo.ready", {"listing": m.body["listing"], "key": key, "thumb": key.replace("raw", "thumb").replace("jpg", "webp")}, producer_span=False)
        d = c.elapsed_ms()
        c.log.info(f"END RequestId: {rid}")
        c.log.info(f"REPORT RequestId: {rid}\tDuration: {d:.2f} ms\tBilled Duration: {math.ceil(d)} ms\tMemory Size: 1024 MB\tMax Memory Used: {c.rng.randrange(130, 260)} MB")

    # ---- matcher
    @mat.consumer("listing.published", retries=2)
    async def match(c, m):
        c.log.debug("event", type=m.topic, id=m.id, listing=m.body["listing"], incoming=True)
        async with c.span("opensearch percolate", "CLIENT") as s:
            await s.work(28)
            hits = c.rng.choice([0, 1, 1, 2, 3, 5])
            s.log.info("percolated", took=f"{s.elapsed_ms():.3f}ms", hits=hits, city=m.body["city"])
        for _ in range(hits):
            async with c.producer("alert.match") as p:
                u = f"usr_{c.rng.randrange(1000, 9999)}"
                await p.send({"user": u, "listing": m.body["listing"]})
                if c.rng.random() < 0.5: p.log.debug("alert queued", user=u, listing_id=m.body["listing"])
    mat.noise(5, lambda log: log.info("percolator refreshed", queries=w.rng.randrange(8000, 8200)))

    # ---- applications
    async def logged(c, b, f):
        verb, path = b["_route"].split(" ")
        st, a = await f()
        c.log.info("request completed", req={"id": c.rng.randrange(100, 9999), "method": verb, "url": path, "remoteAddress": "::ffff:10.42.0.9"}, res={"statusCode": st}, responseTime=int(c.elapsed_ms()), incoming=True)
        return st, a

    @app.http("POST /v1/applications")
    async def apply(c, b):
        async def do():
            i = uuid()
            async with c.client("listings", f"GET /internal/listings/{b['listing']}") as k:
                st, a = await k.send({})
                k.log.debug(f"[Axios][Response] {st} GET /internal/listings/{b['listing']}", logger="HttpService")
            if st != 200: return 410, {}
            async with c.span("pg insert", "CLIENT") as s: await s.work(5)
            w.apps[i] = {"id": i, "listing": b["listing"], "user": b["user"], "owner": a["owner"], "state": "SCREENING"}
            async def task():
                async with c.producer("screening.check") as p:
                    t = uuid()
                    await p.send({"task": t, "app": i, "user": b["user"]}, t)
                    p.log.info("task sent", logger="ScreeningClient", taskId=t, applicationId=i)
            await asyncio.gather(task(), c.call("chat", "POST /rooms", {"app": i, "members": [b["user"], a["owner"]]}, client_span=False))
            c.log.info(f"Application {i} created", logger="ApplicationsService", listingId=b["listing"], userId=b["user"])
            return 202, {"id": i}
        return await logged(c, b, do)

    @app.http("POST /hooks/screening")
    async def hook(c, b):
        x = w.apps[b["ref"]]
        c.log.info("screening webhook received", logger="HooksController", ref=b["ref"], score=b["score"], incoming=True)
        if x["state"] == "WITHDRAWN": return 200, {}
        x["state"] = "SCREENED" if b["score"] > 40 else "REJECTED"
        async with c.span("pg update", "CLIENT") as s:
            await s.work(4)
            s.log.debug("UPDATE applications SET status = $1 WHERE id = $2", logger="knex", bindings=[x["state"], x["id"]])
        await c.publish("application.screened", {"app": x["id"], "owner": x["owner"], "user": x["user"], "state": x["state"]}, producer_span=False)
        return 204, {}

    @app.http("GET /v1/applications/{id}")
    async def status(c, b):
        async def do():
            async with c.span("pg select", "CLIENT") as s: await s.work(2)
            return 200, {"state": w.apps[b["_route"].split("/")[-1]]["state"]}
        return await logged(c, b, do)

    @app.http("DELETE /v1/applications/{id}")
    async def withdraw(c, b):
        async def do():
            x = w.apps[b["_route"].split("/")[-1]]
            x["state"] = "WITHDRAWN"
            await c.publish("application.withdrawn", {"app": x["id"], "owner": x["owner"]})
            return 204, {}
        return await logged(c, b, do)

    @app.http("POST /v1/applications/{id}/accept")
    async def accept(c, b):
        x = w.apps[b["_route"].split("/")[-2]]
        async def do():
            if x["state"] != "SCREENED": return 409, {}
            (s1, _), (s2, k) = await asyncio.gather(c.call("listings", f"POST /internal/listings/{x['listing']}/reserve", {"app": x["id"]}),
                                                  c.call("contracts", "POST /contracts", {"app": x["id"], "listing": x["listing"], "tenant": x["user"]}))
            if s1 != 200:
                async with c.client("contracts", f"DELETE /contracts/{k['lease']}") as v:
                    st, _ = await v.send({})
                    v.log.warning(f"compensating: voided lease {k['lease']}", logger="AcceptSaga", applicationId=x["id"], status=st)
                return 409, {}
            x["state"] = "ACCEPTED"
            async with c.producer("contract.drafted") as p:
                await p.send({"lease": k["lease"], "app": x["id"], "tenant": x["user"], "listing": x["listing"]})
                p.log.info("contract.drafted", logger="EventEmitter", lease=k["lease"])
            return 200, k
        return await logged(c, b, do)

    @app.consumer("lease.signed", retries=1)
    async def others(c, m):
        for x in list(w.apps.values()):
            if x["listing"] == m.body["listing"] and x["id"] != m.body["app"] and x["state"] in ("SCREENED", "SCREENING"):
                x["state"] = "REJECTED"
                c.log.info(f"auto-rejecting {x['id']}", logger="LeaseSignedHandler", leaseId=m.body["lease"])
                await c.publish("application.rejected", {"app": x["id"], "user": x["user"]}, producer_span=False)
        c.log.info("lease.signed handled", logger="LeaseSignedHandler", leaseId=m.body["lease"], incoming=True)
    app.noise(5, lambda log: log.info("request completed", req={"id": w.rng.randrange(9999), "method": "GET", "url": "/readyz"}, res={"statusCode": 200}, responseTime=1))

    # ---- screening
    @scr.consumer("screening.check", retries=2, retry_ms=1500, concurrency=6)
    async def check(c, m):
        t = f"Task screening.tasks.check_applicant[{m.body['task']}]"
        c.log.info(f"{t} received", incoming=True)
        async with c.span("POST api.bureau.example/v2/score", "CLIENT") as s:
            await s.work(420, 0.6)
            if c.rng.random() < 0.07 and m.attempt < 3:
                s.log.warning("bureau: 504 after %.2fs for %s" % (s.elapsed_ms() / 1000, m.body["user"]))
                c.log.info(f"{t} retry: Retry in 2s: ReadTimeout('HTTPSConnectionPool: Read timed out.')")
                raise Exception("timeout")
        score = c.rng.randrange(15, 100)
        async with c.client("applications", "POST /hooks/screening") as k:
            st, _ = await k.send({"ref": m.body["app"], "score": score})
            k.log.info(f"callback for {m.body['app']} -> {st}")
        c.log.info(f"{t} succeeded in {c.elapsed_ms() / 1000:.6f}s: {{'score': {score}}}")
    scr.noise(8, lambda log: log.info("Scheduler: Sending due task purge-reports (screening.tasks.purge)", logger="main"))

    # ---- chat
    @chat.http("POST /rooms")
    async def room(c, b):
        async with c.span("redis SADD", "CLIENT") as s: await s.work(1)
        c.log.info(f"room opened", room=f"app:{b['app'][:8]}", app=b["app"], members=b["members"], incoming=True)
        return 201, {}

    for topic, text in (("application.screened", "system message: screening finished"), ("lease.signed", "system message: lease signed"), ("application.withdrawn", "room closed")):
        @chat.consumer(topic)
        async def say(c, m, text=text):
            async with c.span("socket.io emit") as s:
                await s.work(2)
                n = c.rng.randrange(0, 3)
                if n: s.log.debug(f"emit 'message' to room app:{m.body['app'][:8]} ({n} sockets)")
            c.log.info(text, appId=m.body["app"], incoming=True)
    chat.noise(4, lambda log: log.debug(f"ping timeout, disconnecting socket {w.rng.getrandbits(60):015x}"))

    # ---- contracts
    K = "app.lease.LeaseRoutes"
    @con.http("POST /contracts")
    async def draft(c, b):
        no = f"L-{c.rng.randrange(10 ** 5, 10 ** 6)}"
        async with c.span("render pdf") as s:
            await s.work(160)
            s.log.debug(f"rendered lease {no}.pdf, {c.rng.randrange(80, 140)} kB", logger="app.pdf.Typst")
        async with c.span("exposed tx", "CLIENT") as s: await s.work(5)
        c.log.info(f"201 Created: POST - /contracts in {c.elapsed_ms():.0f}ms", logger="ktor.application", incoming=True)
        return 201, {"lease": no}

    @con.http("DELETE /contracts/{no}")
    async def void(c, b):
        await c.work(4)
        c.log.info(f"204 No Content: DELETE - {b['_route'].split(' ')[1]} in {c.elapsed_ms():.0f}ms", logger="ktor.application", incoming=True)
        return 204, {}

    @con.consumer("contract.drafted", retries=1, retry_ms=500)
    async def saga(c, m):
        no = m.body["lease"]
        c.log.info(f"[{no}] saga started, tenant {m.body['tenant']}", logger="app.lease.Saga", incoming=True)
        async def deposit():
            async with c.span("POST /v1/payment_intents", "CLIENT") as s:
                await s.work(310)
                ok = c.rng.random() > 0.06
                s.log(*("INFO", f"[{no}] deposit held, pi_{c.rng.getrandbits(64):016x}") if ok else ("WARN", f"[{no}] deposit declined: insufficient_funds"), logger="app.pay.Stripe")
                return ok
        async def signature():
            async with c.span("await signature") as s:
                await sleep(c.rng.uniform(900, 4200))
                ok = c.rng.random() > 0.08
                if not ok: s.log.warn(f"[{no}] envelope expired unsigned", logger="app.sign.Envelope")
                return ok
        paid, signed = await asyncio.gather(deposit(), signature())
        if paid and signed:
            async with c.producer("lease.signed") as p: await p.send(m.body)
            c.log.info(f"[{no}] saga completed in {c.elapsed_ms():.0f} ms", logger="app.lease.Saga")
            return
        c.log.error(f"[{no}] saga failed (deposit={str(paid).lower()}, signature={str(signed).lower()}), undoing", logger="app.lease.Saga")
        if paid:
            async with c.span("POST /v1/payment_intents/cancel", "CLIENT") as s:
                await s.work(180)
                s.log.info(f"[{no}] hold cancelled", logger="app.pay.Stripe")
        async with c.client("listings", f"POST /internal/listings/{m.body['listing']}/release") as k: await k.send({})
        await c.publish("lease.failed", {"lease": no, "tenant": m.body["tenant"]})
    con.noise(7, lambda log: log.debug("HikariPool-1 - Pool stats (total=10, active=1, idle=9, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))

    # ---- notify (BullMQ)
    for topic, job, who, ref in (("alert.match", "search-alert", "user", "listing"), ("application.screened", "owner-new-applicant", "owner", "app"), ("contract.drafted", "please-sign", "tenant", "lease"),
                                 ("lease.signed", "welcome-home", "tenant", "lease"), ("application.rejected", "sorry", "user", "app"), ("listing.expired", "still-free", "owner", "listing"), ("lease.failed", "lease-failed", "tenant", "lease")):
        @ntf.consumer(topic, retries=2, retry_ms=400)
        async def mail(c, m, job=job, who=who, ref=ref):
            if m.id + c.service.name not in numbers:
                jobs[0] += 1
                numbers[m.id + c.service.name] = jobs[0]
            n = numbers[m.id + c.service.name]
            if job != "sorry": c.log.debug("active", jobId=n, name=job, data={who: m.body[who], ref + "Id": m.body[ref]}, attemptsMade=m.attempt - 1, incoming=True)
            async with c.span("SES.SendEmail", "CLIENT") as s:
                await s.work(70)
                if n % 3: s.log.debug("ses.sendEmail", template=job, MessageId=f"010{c.rng.getrandbits(50):x}-000000")
                if c.rng.random() < 0.04 and m.attempt < 3:
                    s.log.warning("Throttling: Maximum sending rate exceeded.", jobId=n, code="ThrottlingException")
                    raise Exception("ses")
            c.log.info(f"Job {n} has completed!", jobId=n, to=m.body[who], ms=int(c.elapsed_ms()))


async def load(w):
    r = w.rng

    async def advert(i):
        await w.start("traefik", "POST /v1/listings", {"user": f"usr_{r.randrange(1000, 9999)}", "city": r.choice(["Wien", "Graz", "Linz", "Berlin", "Leipzig"]), "rent": r.randrange(280, 820, 10), "photos": r.choice([1, 2, 3, 3, 4])})

    async def person(i):
        found = [x for x in w.listings.values() if x["state"] == "PUBLISHED"]
        if not found: return await advert(i)
        st, a = await w.start("traefik", "POST /v1/applications", {"listing": r.choice(found[-12:])["id"], "user": f"usr_{r.randrange(1000, 9999)}"})
        if st != 202: return
        await sleep(r.uniform(900, 3500))
        if i % 4 == 0: await w.start("traefik", f"GET /v1/applications/{a['id']}")
        if i % 9 == 2: await w.start("traefik", f"DELETE /v1/applications/{a['id']}")
        elif i % 2: await w.start("traefik", f"POST /v1/applications/{a['id']}/accept")
    await arrivals(w, 130, 4, lambda i: advert(i) if i % 5 < 2 else person(i))
    await sleep(5000)

record(build, load, "s_flatshare")
