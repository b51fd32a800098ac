"""Electronic filing of a county court: envelopes with documents are uploaded, checked one by one (joined), reviewed by a clerk (a later request),
docketed in an elderly case management system, stamped and served on the parties; hearings, status questions, a sweep over bounced notices."""
import json
from world import *


def nginx(r):         # www: nginx, own log_format, whole seconds; error log lines in between
    f = r.fields
    if "req" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    ids = f'"{r.trace_id}" "{r.span_id}"' if r.trace_id else '"-" "-"'
    up = f' "{r.incoming}"' if r.incoming else ""
    return (f"172.16.{f['n'] % 7}.{f['n'] % 251} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['req']} HTTP/2.0\" {f['st']} {f['n'] * 3 % 4096} "
            f"\"-\" \"{f['ua']}\" rt={f['rt']:.3f} uct=0.000 urt={f['rt'] - 0.001:.3f} {ids}{up}")

def rails(r):         # efsp: Rails, tagged with the request id
    tags = f"[{r.fields['rid']}] " if "rid" in r.fields else ""
    if r.trace_id: tags += f"[trace_id={r.trace_id} span_id={r.span_id}] "
    if r.incoming_parent: tags += f"[parent_id={r.incoming_parent}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level.rjust(5)} -- : {tags}{r.message}"

def boot(r):          # efm: Spring Boot with the Sleuth triple
    k = f"{r.trace_id},{r.span_id}" if r.trace_id else ","
    p = f" [up={r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:>5} [efm,{k}]{p} {r.pid} --- [{r.thread:>15}] {r.logger:<40.40} : {r.message}"

def slog(r):          # docstore: Go slog, group otel
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d["otel"] = {"trace": r.trace_id, "span": r.span_id} | ({"remote": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d, separators=(",", ":"))

def structlog(r):     # pdfcheck: structlog ConsoleRenderer without colours
    d = dict(sorted(r.fields.items()))
    if r.trace_id: d |= {"span_id": r.span_id, "trace_id": r.trace_id}
    if r.incoming: d["traceparent"] = r.incoming
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d} [{lv:<9}] {r.message:<30} " + " ".join(f"{k}={v!r}" if isinstance(v, str) and " " in v else f"{k}={v}" for k, v in d.items())

def seri(r):          # fees: Serilog file sink, output template
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    p = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else " <:>"
    if r.incoming_parent: p += f" <- {r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} +00:00 [{lv}]{p} {r.message}"

def winston(r):       # clerk-queue: winston printf
    m = dict(r.fields)
    if r.trace_id: m |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: m["traceparent"] = r.incoming
    return f"{isoz(r)} {r.level.lower().replace('warn', 'warn')}: {r.message}" + (" " + json.dumps(m, separators=(",", ":")) if m else "")

def syslog(r):        # cms: RFC 5424 with structured data
    pri = 128 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    sd = f'[ctx@32473 trace="{r.trace_id}" span="{r.span_id}"' + (f' from="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r, 6)} cmsbr01 cms {r.pid} {r.logger} {sd} {r.message}"

def tiny(r):          # eservice: tinylog
    c = f" {{traceId={r.trace_id}, spanId={r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: c = c[:-1] + f", parentId={r.incoming_parent}}}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [mailer-{r.thread}]{c} gov.county.eservice.{r.logger}() {r.level.replace('WARN', 'WARNING')}: {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 9
    n = [w.rng.randrange(40000, 50000), w.rng.randrange(100, 400), 0, 700]
    w.filings, w.items, env, bounced = {}, [], {}, []
    J = "g.county.efm."

    www = w.service("www", nginx)
    efsp = w.service("efsp", rails, errors=lambda c, e: c.log.error(f"Karafka consumer raised StandardError: {e}\napp/consumers/status_consumer.rb:14:in `consume'\nlib/karafka/base.rb:88:in `on_consume'"))
    efm = w.service("efm", boot, errors=lambda c, e: c.log.error(f"Listener threw exception\njava.lang.IllegalStateException: {e}\n\tat gov.county.efm.CheckListener.onResult(CheckListener.java:61)\n\tat java.base/java.lang.Thread.run(Thread.java:840)", logger=J + "CheckListener", thread="ntContainer#0-1"))
    store = w.service("docstore", slog, errors=lambda c, e: c.log.error("handler panicked", err=str(e)))
    check = w.service("pdfcheck", structlog, errors=lambda c, e: c.log.error("check crashed", exc=str(e)))
    fees = w.service("fees", seri)
    clerk = w.service("clerk-queue", winston, errors=lambda c, e: c.log.error(f"UnhandledPromiseRejection: {e}"))
    cms = w.service("cms", syslog, errors=lambda c, e: c.log.error(f"ABEND {e}", logger="MQIN"))
    serve = w.service("eservice", tiny, errors=lambda c, e: c.log.error(f"Cannot process message: {e}", logger="Inbox.poll"))

    # ---- www
    @www.http("ANY *")
    async def proxied(c, b):
        path = b["_route"].split(" ")[1].split("/")[1]
        to = {"filings": "efsp", "clerk": "clerk-queue", "hearings": "cms"}[path]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", req=b["_route"], st=st, n=c.rng.randrange(99, 3000), rt=c.elapsed_ms() / 1000, ua=c.rng.choice(["Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "FileTime/8.2", "okhttp/4.12.0"]), incoming=True)
        return st, a
    www.noise(5, lambda log: log.info("", req="GET /healthz", st=200, n=7, rt=0.001, ua="kube-probe/1.29"))
    www.noise(20, lambda log: log.warning("an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/1/00/0000000001"))

    # ---- efsp
    @efsp.http("POST /filings")
    async def create(c, b):
        rid = "%08x-%04x" % (c.rng.getrandbits(32), c.rng.getrandbits(16))
        c.log.info(f'Started POST "/filings" for 172.16.0.9 at {datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} +0000', rid=rid, incoming=True)
        c.log.info("Processing by FilingsController#create as JSON", rid=rid)
        fid = "%06x" % c.rng.getrandbits(24)
        async with c.span("INSERT filings", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"  Filing Create (2.{c.rng.randrange(9)}ms)  INSERT INTO \"filings\" (\"public_id\", \"bar_no\") VALUES ('{fid}', {b['bar']}) RETURNING \"id\"", rid=rid)
        async def put(sha):
            async with c.client("docstore", f"PUT /blobs/{sha}") as k:
                st, _ = await k.send({"size": c.rng.randrange(20_000, 900_000)})
                if c.rng.random() < 0.5: k.log.debug(f"blob {sha[:8]} -> {st}", rid=rid)
        await asyncio.gather(*[put(s) for s in b["docs"]])
        async with c.client("efm", "POST /envelopes") as k:
            st, a = await k.send({"ref": fid, "case": b["case"], "docs": b["docs"], "bar": b["bar"]})
            k.log.info(f"[efm] POST /envelopes {st} in {k.elapsed_ms():.1f}ms", rid=rid)
        w.filings[fid] = {"env": a.get("id"), "state": "sent" if st == 202 else "unpaid"}
        c.log.info(f"Completed {201 if st == 202 else 402} {'Created' if st == 202 else 'Payment Required'} in {c.elapsed_ms():.0f}ms (ActiveRecord: 3.1ms)", rid=rid)
        return (201 if st == 202 else 402), {"id": fid}

    @efsp.http("GET /filings/{id}")
    async def show(c, b):
        rid = "%08x-%04x" % (c.rng.getrandbits(32), c.rng.getrandbits(16))
        fid = b["_route"].split("/")[-1]
        c.log.info(f'Started GET "/filings/{fid}" for 172.16.0.9', rid=rid, incoming=True)
        async with c.span("SELECT filings", "CLIENT") as s: await s.work(2)
        st, a = await c.call("efm", f"GET /envelopes/{w.filings[fid]['env']}")
        c.log.info(f"Completed 200 OK in {c.elapsed_ms():.0f}ms (status: {a['state']})", rid=rid)
        return 200, {}

    for topic, word in (("docket.entered", "accepted"), ("envelope.returned", "returned")):
        @efsp.consumer(topic)
        async def status(c, m, word=word):
            async with c.span("UPDATE filings", "CLIENT") as s:
                await s.work(3)
                s.log.debug(f"  Filing Update All (1.7ms)  UPDATE \"filings\" SET \"status\" = '{word}' WHERE \"public_id\" = '{m.body['ref']}'")
            c.log.info(f"StatusConsumer: filing {m.body['ref']} is now {word}", incoming=True)
    efsp.noise(6, lambda log: log.debug("Solid cache: expired 12 entries"))

    # ---- efm
    def tn(c): return f"nio-8080-exec-{c.thread}"

    @efm.http("POST /envelopes")
    async def envelope(c, b):
        n[0] += 1
        e = n[0]
        c.log.info(f"New envelope {e}: case {b['case']}, {len(b['docs'])} document(s), provider reference {b['ref']}", logger=J + "EnvelopeController", thread=tn(c), incoming=True)
        async with c.span("INSERT envelope", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"insert into envelope (id, case_no, provider_ref) values ({e}, '{b['case']}', '{b['ref']}')", logger="org.hibernate.SQL", thread=tn(c))
        async with c.client("fees", "POST /authorizations") as k:
            st, a = await k.send({"env": e, "pages": 11 * len(b["docs"])})
            if st != 200: k.log.warning(f"Fee authorization for envelope {e} declined ({st})", logger=J + "FeeClient", thread=tn(c))
        if st != 200: return 402, {"id": e}
        env[e] = {"docs": list(b["docs"]), "res": {}, "ref": b["ref"], "case": b["case"], "state": "CHECKING", "auth": a["auth"], "id": e, "bar": b["bar"]}
        for sha in b["docs"]:
            async with c.producer("doc.check") as p:
                await p.send({"env": e, "sha": sha})
                p.log.debug(f"doc.check <- {sha[:12]} (envelope {e})", logger=J + "CheckRequests", thread=tn(c))
        c.log.info(f"Envelope {e} accepted for checks, fee hold {a['auth']}", logger=J + "EnvelopeController", thread=tn(c))
        return 202, {"id": e}

    @efm.http("GET /envelopes/{id}")
    async def ask(c, b):
        await c.work(3)
        e = int(b["_route"].split("/")[-1]) if b["_route"].split("/")[-1] != "None" else 0
        c.log.debug(f"Envelope {e} asked for", logger=J + "EnvelopeController", thread=tn(c), incoming=True)
        return 200, {"state": env.get(e, {"state": "UNKNOWN"})["state"]}

    async def send_back(c, x, why):
        x["state"] = "RETURNED"
        async with c.client("fees", f"DELETE /authorizations/{x['auth']}") as k:
            st, _ = await k.send({"env": x["id"]})
            k.log.info(f"Released hold {x['auth']} of envelope {x['id']}", logger=J + "FeeClient", thread=tn(c))
        await c.publish("envelope.returned", {"env": x["id"], "ref": x["ref"], "why": why, "bar": x["bar"]})

    @efm.consumer("doc.checked")
    async def checked(c, m):
        x = env[m.body["env"]]
        T = f"ntContainer#0-{c.thread}"
        x["res"][m.body["sha"]] = m.body["ok"]
        async with c.span("UPDATE document", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"update document set check_result={'OK' if m.body['ok'] else 'NOK'} where sha256 like '{m.body['sha'][:12]}%'", logger="org.hibernate.SQL", thread=T)
        left = len(x["docs"]) - len(x["res"])
        if left or x["state"] != "CHECKING":
            if c.rng.random() < 0.7: c.log.debug(f"Envelope {x['id']}: {left} check(s) outstanding", logger=J + "CheckListener", thread=T, incoming=True)
            return
        if all(x["res"].values()):
            x["state"] = "REVIEW"
            c.log.info(f"Envelope {x['id']} passed all checks, handing over to clerk", logger=J + "CheckListener", thread=T, incoming=True)
            await c.publish("envelope.ready", {"env": x["id"], "case": x["case"], "bar": x["bar"]})
        else:
            c.log.warning(f"Envelope {x['id']} failed its checks", logger=J + "CheckListener", thread=T, incoming=True)
            await send_back(c, x, "document check")

    @efm.http("POST /envelopes/{id}/decision")
    async def decide(c, b):
        x = env[int(b["_route"].split("/")[2])]
        c.log.info(f"Decision on envelope {x['id']}: {b['verdict']}", logger=J + "DecisionController", thread=tn(c), incoming=True)
        if b["verdict"] == "reject":
            await send_back(c, x, "clerk")
            return 200, {}
        seq = None
        for a in (1, 2, 3):
            async with c.client("cms", "POST /docket") as k:
                st, r = await k.send({"case": x["case"], "env": x["id"], "docs": len(x["docs"])})
                if st == 201: seq = r["seq"]
                else: k.log.warning(f"CMS answered {st}, attempt {a} of 3 for envelope {x['id']}", logger=J + "CmsClient", thread=tn(c))
            if seq: break
            await sleep(180 * a)
        if not seq:
            c.log.error(f"Envelope {x['id']} could not be docketed, returning it", logger=J + "DecisionController", thread=tn(c))
            await send_back(c, x, "cms down")
            return 502, {}
        async with c.client("fees", "POST /captures") as k:
            st, r = await k.send({"auth": x["auth"]})
            k.log.debug(f"capture of {x['auth']}: {st}", logger=J + "FeeClient", thread=tn(c))
        x["state"] = "DOCKETED"
        async with c.producer("docket.entered") as p:
            mid = await p.send({"env": x["id"], "ref": x["ref"], "case": x["case"], "docs": x["docs"], "seq": seq, "bar": x["bar"]})
            p.log.info(f"Published docket.entered {mid} for envelope {x['id']}, docket no. {seq}", logger=J + "DocketPublisher", thread=tn(c))
        return 200, {"seq": seq}
    efm.noise(5, lambda log: log.debug("HikariPool-1 - Pool stats (total=10, active=%d, idle=7, waiting=0)" % w.rng.randrange(4), logger="com.zaxxer.hikari.pool.HikariPool", thread="housekeeper"))

    # ---- docstore
    @store.http("PUT /blobs/{sha}")
    async def put(c, b):
        sha = b["_route"].split("/")[-1]
        async with c.span("s3 PutObject", "CLIENT") as s:
            await s.work(18 + b["size"] / 30000)
            if c.rng.random() < 0.06:
                s.log.warning("retrying request PutObject", attempt=1, reason="RequestTimeout")
                await s.work(60)
        c.log.info("blob stored", sha256=sha, bytes=b["size"], took=f"{c.elapsed_ms():.3f}ms", incoming=True)
        return 201, {}

    @store.http("GET /blobs/{sha}")
    async def get(c, b):
        async with c.span("s3 GetObject", "CLIENT") as s:
            await s.work(14)
            s.log.debug("s3 get", key=b["_route"].split("/")[-1][:16], status=200)
        if c.rng.random() < 0.8: c.log.debug("blob read", sha256=b["_route"].split("/")[-1], incoming=True)
        return 200, {}

    @store.consumer("docket.entered", retries=2, retry_ms=300)
    async def stamp(c, m):
        c.log.info("stamp requested", envelope=m.body["env"], docs=len(m.body["docs"]), docket=m.body["seq"], attempt=m.attempt, incoming=True)
        if c.rng.random() < 0.05 and m.attempt == 1:
            c.log.warning("stamp font not loaded, nack", envelope=m.body["env"])
            raise Exception("font")
        for sha in m.body["docs"]:
            async with c.span("stamp") as s:
                await s.work(35)
                s.log.debug("stamped", sha256=sha, label=f"E-FILED {m.body['case']} #{m.body['seq']}")
        async with c.producer("docs.stamped") as p:
            await p.send({"env": m.body["env"], "seq": m.body["seq"], "case": m.body["case"], "bar": m.body["bar"]})
            p.log.info("stamped copies announced", envelope=m.body["env"])
    store.noise(7, lambda log: log.debug("multipart janitor", removed=w.rng.randrange(3)))

    # ---- pdfcheck
    @check.consumer("doc.check", retries=2, retry_ms=400, concurrency=4)
    async def inspect(c, m):
        sha = m.body["sha"][:16]
        c.log.info("check.begin", doc=sha, mid=m.id, try_no=m.attempt, incoming=True)
        async with c.client("docstore", f"GET /blobs/{m.body['sha']}") as k:
            await k.send({})
        async with c.span("clamd INSTREAM", "CLIENT") as s:
            await s.work(70, 0.5)
            if c.rng.random() < 0.06 and m.attempt < 3:
                s.log.warning("clamd busy", doc=sha)
                raise Exception("busy")
            s.log.debug("clamd.reply", doc=sha, reply="stream: OK")
        async with c.span("verapdf") as s:
            await s.work(110, 0.6)
            ok = c.rng.random() > 0.05
            if not ok: s.log.error("not PDF/A-2b", doc=sha, clause="6.2.11.4.1")
        async with c.producer("doc.checked") as p:
            await p.send({"env": m.body["env"], "sha": m.body["sha"], "ok": ok})
            if c.rng.random() < 0.5: p.log.debug("result.sent", doc=sha, envelope=m.body["env"])
        c.log.info("check.end", doc=sha, verdict="pass" if ok else "fail", secs=round(c.elapsed_ms() / 1000, 3))
    check.noise(6, lambda log: log.info("signatures reloaded", db="daily.cvd", version=27000 + w.rng.randrange(300)))

    # ---- fees
    @fees.http("POST /authorizations")
    async def hold(c, b):
        cents = 3500 + 25 * b["pages"]
        async with c.span("POST gateway/authorize", "CLIENT") as s:
            await s.work(140, 0.5)
            no = c.rng.random() < 0.05
            s.log.debug(f"Gateway replied {'05 DO NOT HONOR' if no else '00 APPROVED'} in {s.elapsed_ms():.0f} ms")
        if no:
            c.log.warning(f"Card refused, envelope {b['env']}, {cents / 100:.2f} USD", incoming=True)
            return 402, {}
        auth = "AU%06d" % c.rng.randrange(10 ** 6)
        c.log.info(f"Authorized {cents / 100:.2f} USD for envelope {b['env']} under {auth}", incoming=True)
        return 200, {"auth": auth}

    @fees.http("POST /captures")
    async def capture(c, b):
        async with c.span("POST gateway/capture", "CLIENT") as s: await s.work(90)
        c.log.info(f"Captured {b['auth']}", incoming=True)
        return 200, {}

    @fees.http("DELETE /authorizations/{auth}")
    async def void(c, b):
        async with c.span("POST gateway/void", "CLIENT") as s:
            await s.work(80)
            s.log.debug(f"void {b['_route'].split('/')[-1]} -> 00")
        return 204, {}

    # ---- clerk-queue
    @clerk.consumer("envelope.ready")
    async def enqueue(c, m):
        n[1] += 1
        it = n[1]
        async with c.span("mongo insertOne", "CLIENT") as s:
            await s.work(4)
        c.log.info(f"Item #{it} waits in division {1 + it % 4}", envelopeId=m.body["env"], caseNumber=m.body["case"], incoming=True)
        w.items.append((it, m.body["env"]))

    @clerk.http("POST /clerk/items/{n}/decision")
    async def verdict(c, b):
        it = b["_route"].split("/")[3]
        c.log.info(f"Item #{it}: {b['who']} clicked {b['verdict']}", incoming=True)
        async with c.client("efm", f"POST /envelopes/{b['env']}/decision") as k:
            k.log.debug("calling efm", envelopeId=b["env"])
            st, a = await k.send({"verdict": b["verdict"]})
        async with c.span("mongo updateOne", "CLIENT") as s:
            await s.work(3)
            s.log.debug("items.updateOne", filter={"no": int(it)}, set={"state": b["verdict"]})
        if st != 200: c.log.error(f"Item #{it} stays open", status=st)
        return st, {}

    @clerk.consumer("hearing.set")
    async def calendar(c, m):
        await c.work(6)
        c.log.info("Calendar refreshed", courtroom=m.body["room"], caseNumber=m.body["case"])
    clerk.noise(6, lambda log: log.debug("socket.io clients: %d" % w.rng.randrange(5, 30)))

    # ---- cms
    @cms.http("POST /docket")
    async def docket(c, b):
        if c.rng.random() < 0.12:
            c.log.warning(f"REGION CLOSED, CASE {b['case']} NOT POSTED", logger="DKT010", incoming=True)
            return 503, {}
        n[3] += 1
        seq = n[3]
        async with c.span("CICS LINK DKTADD", "CLIENT") as s:
            await s.work(45)
            s.log.info(f"DKTADD RC=0000 CASE={b['case']} SEQ={seq:05d}", logger="DKT020")
        return 201, {"seq": seq}

    @cms.http("GET /cases/{case}/parties")
    async def parties(c, b):
        await c.work(25)
        k = c.rng.randrange(2, 5)
        c.log.info(f"PARTY LIST CASE={b['_route'].split('/')[2]} ROWS={k}", logger="PTY001", incoming=True)
        return 200, {"bars": [c.rng.randrange(200000, 299999) for _ in range(k)]}

    @cms.http("POST /hearings")
    async def hearing(c, b):
        async with c.span("CICS LINK HRGADD", "CLIENT") as s: await s.work(50)
        c.log.info(f"HEARING SET CASE={b['case']} ROOM={b['room']}", logger="HRG005", incoming=True)
        async with c.producer("hearing.set") as p:
            await p.send(b)
            p.log.debug(f"MQPUT HEARING.SET CASE={b['case']}", logger="MQOUT")
        return 201, {}
    cms.noise(8, lambda log: log.info("CHECKPOINT TAKEN", logger="SYS000"))

    # ---- eservice
    async def mail(c, bar, what):
        async with c.span("smtp send", "CLIENT") as s:
            await s.work(55, 0.5)
            if c.rng.random() < 0.07:
                s.log.warning(f"550 mailbox of bar no. {bar} unavailable, kept for the sweep", logger="Mailer.send")
                bounced.append((c, bar, what))
            else: s.log.info(f"250 queued as {c.rng.getrandbits(36):09X}, {what}, bar no. {bar}", logger="Mailer.send")

    @serve.consumer("docs.stamped", concurrency=6)
    async def serve_all(c, m):
        c.log.info(f"Service list needed: case {m.body['case']}, docket {m.body['seq']}", logger="ServiceOfProcess.onStamped", incoming=True)
        st, a = await c.call("cms", f"GET /cases/{m.body['case']}/parties")
        for bar in [m.body["bar"]] + a["bars"]:
            await mail(c, bar, f"notice of filing {m.body['case']}#{m.body['seq']}")
        async with c.span("INSERT proof_of_service", "CLIENT") as s:
            await s.work(4)
            if c.rng.random() < 0.6: s.log.debug(f"proof of service written for docket {m.body['seq']}", logger="ProofDao.insert")

    @serve.consumer("envelope.returned")
    async def returned(c, m):
        await mail(c, m.body["bar"], f"envelope {m.body['env']} returned ({m.body['why']})")

    @serve.consumer("hearing.set")
    async def hearing_notice(c, m):
        st, a = await c.call("cms", f"GET /cases/{m.body['case']}/parties", client_span=False)
        await asyncio.gather(*[mail(c, bar, f"hearing {m.body['case']} room {m.body['room']}") for bar in a["bars"]])
        c.log.info(f"{len(a['bars'])} hearing notices out for {m.body['case']}", logger="Hearings.onSet", incoming=True)

    @serve.every(7)
    async def bounce_sweep(c):
        if not bounced: return
        rows, bounced[:] = bounced[:], []
        c.log.info(f"Bounce sweep, {len(rows)} to print and post", logger="Sweep.run")
        for o, bar, what in rows:
            c.link(o)
            async with c.span("POST printshop", "CLIENT") as s:
                await s.work(20)
                s.log.info(f"letter for bar no. {bar}: {what}", logger="Sweep.letter")


async def load(w):
    r = w.rng

    async def file(i):
        case = f"{r.randrange(23, 27)}-{r.choice(['CV', 'CR', 'FA', 'PR'])}-{r.randrange(99999):05d}"
        docs = ["%064x" % r.getrandbits(256) for _ in range(r.choice([1, 2, 2, 3, 4]))]
        st, a = await w.start("www", "POST /filings", {"case": case, "docs": docs, "bar": r.randrange(200000, 299999)})
        if st != 201: return
        if i % 4 == 1:
            await sleep(r.uniform(200, 3000))
            await w.start("www", f"GET /filings/{a['id']}")
        await sleep(r.uniform(1500, 5000))
        if w.items:
            it, e = w.items.pop(0)
            await w.start("www", f"POST /clerk/items/{it}/decision", {"env": e, "verdict": "reject" if r.random() < 0.12 else "accept", "who": r.choice(["mjones", "tlee", "abrandt"])})
        if i % 7 == 3:
            await w.start("www", "POST /hearings", {"case": case, "room": r.choice(["2A", "4", "11C"])})
    await arrivals(w, 85, 3, file)
    await sleep(8000)

record(build, load, "q_court")
