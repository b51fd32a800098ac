"""Gyms: memberships sold by app, classes booked, turnstiles opened by QR, dues collected by night."""
import asyncio, datetime, json
from world import *

# ---------------------------------------------------------------- formatters
def envoy_json(r):
    f = r.fields
    if "path" not in f:
        return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][17][warning][{r.logger}] {r.message}"
    began = r.time - datetime.timedelta(milliseconds=f["ms"])
    tail = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else " trace_id=- span_id=-"
    if r.incoming: tail += f" traceparent={r.incoming}"
    return (f'[{began:%Y-%m-%dT%H:%M:%S}.{began.microsecond // 1000:03d}Z] "{f["path"]} HTTP/1.1" {f["status"]} via_upstream - "-" {f["rx"]} {f["tx"]} {f["ms"]:.0f} {max(f["ms"] - 1, 0):.0f} '
            f'"{f["agent"]}" "{f["rid"]}" outbound|80||{f["to"]}.fit.svc.cluster.local{tail}')

def zapjson(r):
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 6), "caller": r.logger, "msg": r.message, **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def django(r):
    lv = {"WARN": "WARNING"}.get(r.level, r.level)
    ids = f" dd.trace_id={r.trace_id} dd.span_id={r.span_id}" if r.trace_id else ""
    p = f" dd.parent_id={r.incoming_parent}" if r.incoming_parent else ""
    return f"{lv} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid} {r.thread}{ids}{p} {r.message}"

def logback_kt(r):
    p = f" [traceparent={r.incoming}]" if r.incoming else ""
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:<5} [DefaultDispatcher-worker-{r.thread}] [{r.trace_id or ''}-{r.span_id or ''}] {r.logger} - {r.message}{p}"

def bunyan(r):
    d = {"name": "classes", "hostname": "classes-5b8", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["req_traceparent"] = r.incoming
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))

def esp(r):             # turnstile controllers, syslog 5424 with whole seconds
    sd = f'[trace id="{r.trace_id}" span="{r.span_id}"]' if r.trace_id else "-"
    if r.incoming_parent: sd = sd[:-1] + f' parent="{r.incoming_parent}"]'
    return f"<{ {'DEBUG': 135, 'INFO': 134, 'WARN': 132, 'ERROR': 131}[r.level] }>1 {isoz(r, 0)} door-hub doord {r.pid} {r.logger} {sd} {r.message}"

def nlog(r):
    ids = f"|{r.trace_id}|{r.span_id}" if r.trace_id else "||"
    p = f"|ParentId={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 100:04d}|{r.level.upper()}|{r.logger}{ids}|{r.message}{p}"

def logrus(r):
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and not v.isalnum() else v}" for k, v in r.fields.items())
    ids = f" trace.id={r.trace_id} span.id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f' traceparent="{r.incoming}"'
    return f'time="{isoz(r)}" level={ {"WARN": "warning"}.get(r.level, r.level.lower()) } msg={json.dumps(r.message)}{kv}{ids}'

def gcp(r):
    d = {"severity": {"WARN": "WARNING"}.get(r.level, r.level), "time": isoz(r, 6), "message": r.message}
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/fit-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields)


CLASSES = ["spin-0630", "yoga-0700", "hiit-1215", "pump-1800", "boxing-1915", "pilates-2000"]

def build(w):
    rng = w.rng
    w.network_ms, w.broker_ms = 1.0, 9.0
    n = [9_400_000_000]
    def pubsub():
        n[0] += rng.randrange(1, 900)
        return str(n[0])
    w.new_message_id = pubsub

    mesh = w.service("ingress-envoy", envoy_json)
    member = w.service("members", django, errors=lambda c, e: c.log.error(f"Exception in handler: {e}", logger="members.events"))
    bill = w.service("billing", logback_kt, errors=lambda c, e: c.log.error(f"Message processing failed, acking anyway\njava.lang.IllegalStateException: {e}\n\tat fit.billing.Subscriber.handle(Subscriber.kt:71)\n\tat fit.billing.Subscriber$run$1.invokeSuspend(Subscriber.kt:40)", logger="fit.billing.Subscriber"))
    klass = w.service("classes", bunyan, errors=lambda c, e: c.log.error("subscription handler threw", err=str(e)))
    access = w.service("access-control", zapjson, errors=lambda c, e: c.log.error("handler error", error=str(e), logger="access/handler.go:90"))
    door = w.service("door-hub", esp, errors=lambda c, e: c.log.error(f"fault {e}", logger="FLT"))
    visits = w.service("visits", nlog, errors=lambda c, e: c.log.error(f"Failed to apply event: {e}", logger="Visits.Projection"))
    push = w.service("push", logrus, errors=lambda c, e: c.log.error("could not process", error=str(e)))
    loyal = w.service("loyalty", gcp, errors=lambda c, e: c.log.error("function crashed", error=str(e)))
    people, onboarding, seats, waiting = {}, {}, {k: 0 for k in CLASSES}, {}

    # ------------------------------------------------------------ ingress
    def via(route, to):
        @mesh.http(route)
        async def through(ctx, b):
            s, a = await ctx.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
            ctx.log.info("", incoming=True, path=b["_route"], status=s, rx=rng.randrange(0, 500), tx=rng.randrange(20, 1800), ms=ctx.elapsed_ms(), to=to,
                         agent="door-reader/2.1" if route == "POST /swipes" else rng.choice(["FitApp/8.4 (iOS 18.2)", "FitApp/8.3 (Android 15)"]), rid="%08x-%04x" % (rng.getrandbits(32), rng.getrandbits(16)))
            return s, a
    via("POST /memberships", "members"); via("POST /classes/{id}/seats", "classes"); via("DELETE /classes/{id}/seats", "classes"); via("POST /swipes", "access-control")

    # ------------------------------------------------------------ members: joining (main)
    @member.http("POST /memberships")
    async def join(ctx, b):
        ctx.log.info(f"signup started plan={b['plan']} club={b['club']}", incoming=True, logger="members.views")
        mid = f"M{rng.randrange(10**7, 10**8)}"
        async with ctx.span("INSERT members_member", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f"({c.elapsed_ms() / 1000:.3f}) INSERT INTO \"members_member\" (\"number\", \"plan\", \"club_id\") VALUES ('{mid}', '{b['plan']}', {b['club']}); args=(...)", logger="django.db.backends")
        async with ctx.client("billing", "POST /mandates") as c:
            s, a = await c.send({"member": mid, "plan": b["plan"], "iban": b["iban"]})
            c.log.info(f"billing answered {s} for member {mid}", logger="members.clients.billing")
        if s != 201:
            ctx.log.warning(f"signup of {mid} refused: bank details not accepted", logger="members.views")
            return 422, {}
        people[mid] = dict(b, member=mid)
        async with ctx.producer("membership-created") as p:
            msg = await p.send({"member": mid, "plan": b["plan"], "club": b["club"]})
            p.log.info(f"published membership-created message_id={msg}", logger="members.events")
        ctx.log.info(f"signup finished member={mid} in {ctx.elapsed_ms() / 1000:.3f}s", logger="members.views")
        return 201, {"member": mid}

    @member.http("GET /internal/members/{id}")
    async def who(ctx, b):
        mid = b["_route"].rsplit("/", 1)[1]
        await ctx.work(2)
        ok = rng.random() > 0.05
        ctx.log.info(f"GET /internal/members/{mid} 200 active={ok}", incoming=True, logger="members.access")
        return 200, {"active": ok}

    async def part(ctx, mid, what, origin):
        o = onboarding.setdefault(mid, {})
        o[what] = origin
        if set(o) >= {"badge", "paid"} and "ready" not in o:
            o["ready"] = origin
            for k in ("badge", "paid"):
                if k != what: ctx.link(o[k])
            async with ctx.span("UPDATE members_member", "CLIENT") as c:
                await c.work(4)
            async with ctx.producer("membership-active") as p:
                p.log.info(f"member {mid} is complete, publishing membership-active", logger="members.events")
                await p.send({"member": mid, "club": people[mid]["club"]})
        else:
            ctx.log.debug(f"member {mid}: have {what}, not complete yet", logger="members.onboarding")

    @member.consumer("badge-issued", retries=1)
    async def badge(ctx, m):
        ctx.log.info(f"badge-issued for {m.body['member']} (message {m.id})", incoming=True, logger="members.events")
        await ctx.work(3)
        await part(ctx, m.body["member"], "badge", m.origin)

    @member.consumer("first-due-settled", retries=1)
    async def settled(ctx, m):
        ctx.log.info(f"first-due-settled for {m.body['member']} (message {m.id})", incoming=True, logger="members.events")
        await ctx.work(3)
        await part(ctx, m.body["member"], "paid", m.origin)

    # ------------------------------------------------------------ billing
    @bill.http("POST /mandates")
    async def mandate(ctx, b):
        ctx.log.info(f"Creating mandate for {b['member']}", incoming=True, logger="fit.billing.MandateRoutes")
        async with ctx.span("POST bank/mandates", "CLIENT") as c:
            c.log.debug(f"--> POST https://api.gocardless.example/mandates ({rng.randrange(200, 400)}-byte body)", logger="okhttp.OkHttpClient")
            await c.work(85)
            bad = rng.random() < 0.04
            c.log.debug(f"<-- {422 if bad else 201} ({c.elapsed_ms():.0f}ms)", logger="okhttp.OkHttpClient")
        ctx.log.info(f"Mandate {'declined' if bad else 'active'} for {b['member']}", logger="fit.billing.MandateRoutes")
        return (422, {}) if bad else (201, {})

    @bill.consumer("membership-created", retries=2, retry_ms=400)
    async def first_due(ctx, m):
        mid = m.body["member"]
        ctx.log.info(f"Received membership-created {m.id}: charging first due of {mid}", incoming=True, logger="fit.billing.Subscriber")
        async with ctx.span("INSERT invoice", "CLIENT") as c:
            await c.work(5)
        async with ctx.span("POST bank/payments", "CLIENT") as c:
            await c.work(240)
            slow = rng.random() < 0.06 and m.attempt == 1
            c.log.debug(f"<-- {'HTTP FAILED: java.net.SocketTimeoutException' if slow else '201'} ({c.elapsed_ms():.0f}ms)", logger="okhttp.OkHttpClient")
        if slow:
            ctx.log.warning(f"Payment of {mid} timed out, nack", logger="fit.billing.Subscriber")
            raise Exception("timeout")
        async with ctx.producer("first-due-settled") as p:
            await p.send({"member": mid, "cents": rng.choice([1990, 2990, 4490])})
            p.log.info(f"first-due-settled out for {mid}", logger="fit.billing.Publisher")
        ctx.log.info(f"First due of {mid} settled in {ctx.elapsed_ms():.0f} ms", logger="fit.billing.Subscriber")

    @bill.every(6)
    async def nightly_dues(ctx):
        batch = rng.sample(sorted(people), min(3, len(people)))
        ctx.log.info(f"Dues run starts, {len(batch)} members", logger="fit.billing.DuesJob")
        failed = 0
        for mid in batch:
            async with ctx.span("POST bank/payments", "CLIENT") as c:
                await c.work(60)
                bad = rng.random() < 0.15
                c.log.debug(f"<-- {402 if bad else 201} ({c.elapsed_ms():.0f}ms)", logger="okhttp.OkHttpClient")
            if bad:
                failed += 1
                async with ctx.producer("due-failed") as p:
                    await p.send({"member": mid})
                    p.log.info(f"due-failed out for {mid}", logger="fit.billing.Publisher")
        ctx.log.info(f"Dues run ended, {failed} failed, {ctx.elapsed_ms():.0f} ms", logger="fit.billing.DuesJob")

    # ------------------------------------------------------------ access control
    @access.consumer("membership-created", retries=1)
    async def issue(ctx, m):
        mid = m.body["member"]
        ctx.log.info("issuing badge", incoming=True, member_no=mid, club=m.body["club"], msg_id=m.id, logger="access/badges.go:41")
        await ctx.work(12)
        ctx.log.debug("key signed", kid=f"k{rng.randrange(9)}", alg="ed25519", logger="access/keys.go:27")
        async with ctx.client("door-hub", "PUT /acl") as c:
            s, a = await c.send({"member": mid, "club": m.body["club"]})
            c.log.debug("acl pushed to hub", status=s, took_ms=round(c.elapsed_ms(), 2), logger="access/hub.go:66")
        await ctx.publish("badge-issued", {"member": mid})
        ctx.log.info("badge issued", member_no=mid, elapsed=f"{ctx.elapsed_ms():.1f}ms", logger="access/badges.go:73")

    @access.http("POST /swipes")
    async def swipe(ctx, b):
        ctx.log.info("swipe", incoming=True, member_no=b["member"], reader=b["reader"], logger="access/swipe.go:33")
        async with ctx.client("members", f"GET /internal/members/{b['member']}") as c:
            s, a = await c.send({})
        if not a["active"]:
            ctx.log.warning("entry refused", member_no=b["member"], reason="membership suspended", logger="access/swipe.go:51")
            async with ctx.producer("entry-refused") as p:
                await p.send({"member": b["member"], "reader": b["reader"]})
                p.log.debug("entry-refused published", logger="access/pubsub.go:18")
            return 403, {}
        async with ctx.client("door-hub", "POST /open") as c:
            c.log.debug("asking hub to open", reader=b["reader"], logger="access/hub.go:80")
            s, a = await c.send({"reader": b["reader"], "member": b["member"]})
        async with ctx.producer("entry-granted") as p:
            msg = await p.send({"member": b["member"], "reader": b["reader"]})
            p.log.debug("entry-granted published", msg_id=msg, logger="access/pubsub.go:18")
        ctx.log.info("entry granted", member_no=b["member"], elapsed=f"{ctx.elapsed_ms():.1f}ms", logger="access/swipe.go:68")
        return 200, {}

    @access.consumer("due-failed", retries=1)
    async def suspend(ctx, m):
        ctx.log.info("suspending badge", incoming=True, member_no=m.body["member"], msg_id=m.id, logger="access/badges.go:90")
        async with ctx.client("door-hub", "PUT /acl") as c:
            await c.send({"member": m.body["member"], "club": people[m.body["member"]]["club"]})
        ctx.log.info("badge suspended", member_no=m.body["member"], logger="access/badges.go:104")

    # ------------------------------------------------------------ doors
    @door.http("PUT /acl")
    async def acl(ctx, b):
        ctx.log.info(f"acl update card={b['member']} site={b['club']}", incoming=True, logger="ACL")
        await ctx.work(18)
        ctx.log.info(f"acl written card={b['member']} slots={rng.randrange(400, 900)}", logger="ACL")
        return 204, {}

    @door.http("POST /open")
    async def open_(ctx, b):
        ctx.log.info(f"open {b['reader']} for card={b['member']}", incoming=True, logger="GATE")
        async with ctx.span("pulse relay") as c:
            await c.work(35)
        ctx.log.info(f"{b['reader']} rotated, closed again", logger="GATE")
        return 200, {}

    # ------------------------------------------------------------ visits
    @visits.consumer("entry-granted", retries=2)
    async def visit(ctx, m):
        ctx.log.info(f"Applying EntryGranted for {m.body['member']} at {m.body['reader']}", incoming=True, logger="Visits.Projection")
        async with ctx.span("upsert visit", "CLIENT") as c:
            await c.work(6)
            c.log.debug(f"Executed DbCommand ({c.elapsed_ms():.0f}ms) [CommandType='Text'] MERGE INTO visit USING ...", logger="Microsoft.EntityFrameworkCore.Database.Command")
        if rng.random() < 0.04 and m.attempt == 1:
            ctx.log.warning(f"Concurrency conflict for {m.body['member']}, event is retried", logger="Visits.Projection")
            raise Exception("conflict")
        async with ctx.producer("visit-counted") as p:
            await p.send({"member": m.body["member"], "visits": rng.randrange(1, 200)})
            p.log.debug(f"VisitCounted published for {m.body['member']}", logger="Visits.Bus")
        ctx.log.info(f"Applied EntryGranted for {m.body['member']} in {ctx.elapsed_ms():.0f} ms", logger="Visits.Projection")

    @visits.consumer("membership-active", retries=1)
    async def opened(ctx, m):
        ctx.log.info(f"Opening visit record of {m.body['member']}", incoming=True, logger="Visits.Projection")
        async with ctx.span("insert visitor", "CLIENT") as c:
            await c.work(5)
        ctx.log.info(f"Visit record of {m.body['member']} is open", logger="Visits.Projection")

    # ------------------------------------------------------------ classes
    @klass.http("POST /classes/{id}/seats")
    async def seat(ctx, b):
        cid = b["_route"].split("/")[2]
        ctx.log.info("seat wanted", incoming=True, classId=cid, memberId=b["member"])
        async with ctx.span("HINCRBY seats", "CLIENT") as c:
            await c.work(1.2)
            seats[cid] += 1
            c.log.debug("redis counter", key=f"seats:{cid}", value=seats[cid])
        if seats[cid] > 9 and rng.random() < 0.5:
            waiting.setdefault(cid, []).append(b["member"])
            ctx.log.info("class is full, put on the waiting list", classId=cid, memberId=b["member"], place=len(waiting[cid]))
            return 202, {}
        async with ctx.producer("seat-booked") as p:
            await p.send({"class": cid, "member": b["member"]})
            p.log.debug("seat-booked sent", classId=cid)
        ctx.log.info("seat booked", classId=cid, memberId=b["member"], ms=round(ctx.elapsed_ms(), 1))
        return 201, {}

    @klass.http("DELETE /classes/{id}/seats")
    async def giveback(ctx, b):
        cid = b["_route"].split("/")[2]
        ctx.log.info("seat given back", incoming=True, classId=cid, memberId=b["member"])
        async with ctx.span("HINCRBY seats", "CLIENT") as c:
            await c.work(1.2)
            seats[cid] -= 1
        if waiting.get(cid):
            nxt = waiting[cid].pop(0)
            async with ctx.producer("seat-booked") as p:
                await p.send({"class": cid, "member": nxt})
                p.log.debug("seat-booked sent for next in line", classId=cid)
            ctx.log.info("next in line moved up", classId=cid, memberId=nxt)
        else:
            ctx.log.info("seat is free again", classId=cid)
        return 204, {}

    @klass.consumer("membership-active", retries=1)
    async def trial(ctx, m):
        ctx.log.info("membership-active came, reserving introduction", incoming=True, memberId=m.body["member"], messageId=m.id)
        async with ctx.span("POST calendar", "CLIENT") as c:
            await c.work(70)
        async with ctx.producer("seat-booked") as p:
            await p.send({"class": "intro-" + str(m.body["club"]), "member": m.body["member"]})
            p.log.debug("seat-booked sent", classId="intro")
        ctx.log.info("introduction reserved", memberId=m.body["member"], ms=round(ctx.elapsed_ms(), 1))

    # ------------------------------------------------------------ push & loyalty
    def pushes(topic, title):
        @push.consumer(topic, retries=1)
        async def f(ctx, m):
            ctx.log.info("event consumed", incoming=True, topic=topic, recipient=m.body["member"])
            async with ctx.span("POST fcm", "CLIENT") as c:
                await c.work(65)
                bad = rng.random() < 0.05
                if topic != "entry-refused": c.log.debug("fcm responded", code=404 if bad else 200, ms=round(c.elapsed_ms()))
            if bad: ctx.log.warning("token unregistered, dropped", recipient=m.body["member"])
            else: ctx.log.info("push delivered", recipient=m.body["member"], title=title)
    pushes("membership-active", "Welcome"); pushes("seat-booked", "See you in class"); pushes("entry-refused", "Please come to the desk"); pushes("due-failed", "Payment failed")

    @loyal.consumer("visit-counted", retries=1)
    async def points(ctx, m):
        ctx.log.info("Crediting visit", incoming=True, member=m.body["member"], visits=m.body["visits"])
        async with ctx.span("Firestore.Commit", "CLIENT") as c:
            await c.work(22)
        if m.body["visits"] % 50 == 0: ctx.log.info("Milestone reached", member=m.body["member"])
        ctx.log.info("Credited", member=m.body["member"], points=10, latencyMs=round(ctx.elapsed_ms()))

    @loyal.consumer("membership-active", retries=1)
    async def card(ctx, m):
        await ctx.work(12)
        ctx.log.info("Loyalty card created", incoming=True, member=m.body["member"], tier="bronze")

    # ------------------------------------------------------------ noise
    mesh.noise(9, lambda log: log.warning("StreamAggregatedResources gRPC config stream to xds-grpc closed since 1801s ago: 13", logger="config"))
    member.startup(lambda log: log.info("Watching for file changes with StatReloader", logger="django.utils.autoreload"))
    bill.noise(7, lambda log: log.debug("HikariPool-1 - Pool stats (total=8, active=0, idle=8, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool"))
    access.noise(6, lambda log: log.debug("jwks refreshed", keys=9, logger="access/keys.go:88"))
    door.noise(4, lambda log: log.info(f"keepalive hubs=3 rssi=-{rng.randrange(48, 71)}", logger="NET"))
    visits.noise(8, lambda log: log.debug("Checkpoint stored", logger="Visits.Checkpoints"))
    push.noise(9, lambda log: log.info("oauth token for fcm renewed", ttl=3599))
    loyal.noise(10, lambda log: log.debug("Instance idle"))
    klass.noise(6, lambda log: log.info("GET /healthz", statusCode=200))


async def load(w):
    r = w.rng
    async def one(i):
        s, a = await w.start("ingress-envoy", "POST /memberships", {"plan": r.choice(["basic", "plus", "black"]), "club": r.randrange(1, 14), "iban": f"NL{r.randrange(10, 99)}INGB{r.randrange(10**9, 10**10)}"})
        if s != 201: return
        await sleep(r.uniform(1200, 5000))
        if r.random() < 0.45:
            await w.start("ingress-envoy", "POST /swipes", {"member": a["member"], "reader": f"T{r.randrange(1, 9)}-{r.choice('AB')}"})
        if r.random() < 0.4:
            c = r.choice(CLASSES)
            s, _ = await w.start("ingress-envoy", f"POST /classes/{c}/seats", {"member": a["member"]})
            if s == 201 and r.random() < 0.3:
                await sleep(r.uniform(700, 2500))
                await w.start("ingress-envoy", f"DELETE /classes/{c}/seats", {"member": a["member"]})
    await arrivals(w, 85, 3.5, one)

record(build, load, "i_gym")
