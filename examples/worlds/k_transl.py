"""A translation agency: orders are quoted or placed at a portal, files cut into segments, memory and machine leverage looked up per batch and
joined, jobs offered to one translator after another until somebody takes it, deliveries checked (and sent back), handed over and invoiced."""
import json
from world import *


def milli(r): return "%03d" % (r.time.microsecond // 1000)

def caddy(r):         # portal: Caddy-like JSON access log, plus a few plain ones
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 4), "logger": "http.log.access" if "uri" in r.fields else "http", "msg": r.message}
    f = dict(r.fields)
    if "uri" in f: d |= {"request": {"remote_ip": f.pop("ip"), "method": f.pop("method"), "uri": f.pop("uri"), "headers": {"Traceparent": [r.incoming]} if r.incoming else {}}}
    d |= f
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    return json.dumps(d, separators=(",", ":"))

def jboss(r):         # projects: WildFly's pattern
    ids = f" [{r.trace_id} {r.span_id}{' <- ' + r.incoming_parent if r.incoming_parent else ''}]" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r)} {r.level:<5} [{r.logger}] ({r.thread}){ids} {r.message}"

def pydash(r):        # segmenter
    up = f" parent_span={r.incoming_parent}" if r.incoming_parent else ""
    ids = f" - trace={r.trace_id} span={r.span_id}{up}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r)} - {r.logger} - {r.level.replace('WARN', 'WARNING')}{ids} - {r.message}"

def logrusjson(r):    # tm
    d = dict(r.fields) | {"level": r.level.lower().replace("warn", "warning"), "msg": r.message, "time": isoz(r, 6)}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["parent"] = r.incoming
    return json.dumps(dict(sorted(d.items())), separators=(",", ":"))

def klog(r):          # mt: klog structured
    f = dict(r.fields)
    if r.trace_id: f |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: f["parent"] = r.incoming_parent
    return f'{r.level[0]}{r.time:%m%d %H:%M:%S.%f} {r.pid:>7} {r.logger}] "{r.message}"' + "".join(f' {k}={json.dumps(v)}' for k, v in f.items())

def nest(r):          # vendors: NestJS
    lv = {"DEBUG": "DEBUG", "INFO": "LOG", "WARN": "WARN", "ERROR": "ERROR"}[r.level]
    ids = f"[{r.trace_id}:{r.span_id}{':' + r.incoming_parent if r.incoming_parent else ''}] " if r.trace_id else ""
    return f"[Nest] {r.pid}  - {r.time:%m/%d/%Y, %H:%M:%S}.{milli(r)} {lv:>7} [{r.logger}] {ids}{r.message}"

def katip(r):         # qa: Haskell's katip, bracketed
    lv = {"DEBUG": "Debug", "INFO": "Info", "WARN": "Warning", "ERROR": "Error"}[r.level]
    ids = f"[trace:{r.trace_id}][span:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f"[parent:{r.incoming_parent}]"
    kv = "".join(f"[{k}:{v}]" for k, v in r.fields.items())
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{milli(r)}][qa.{r.logger}][{lv}][qa-0][PID {r.pid}][ThreadId {40 + r.thread}]{ids}{kv} {r.message}"

def golog(r):         # handover: Go's log package
    ids = f" trace={r.trace_id}/{r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" from={r.incoming_parent}"
    return f"{r.time:%Y/%m/%d %H:%M:%S.%f} {r.logger}: {r.message}{ids}"

def odoo(r):          # billing
    ids = f" ({r.trace_id} {r.span_id})" if r.trace_id else ""
    if r.incoming_parent: ids += f" (caller {r.incoming_parent})"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r)} {r.pid} {r.level.replace('WARN', 'WARNING')} agency odoo.addons.{r.logger}:{ids} {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.6, 16
    ctr = [20]
    def mid():
        ctr[0] += 1
        return "0-%d-%d" % (ctr[0] % 4, 7000 + ctr[0])
    w.new_message_id = mid
    w.proj, w.jobs, w.board, w.unpaid = {}, {}, [], []
    n = {"p": 1180, "job": 55200, "inv": 300}
    joins, offers = {}, {}
    LANG = ["de-fr", "en-de", "en-pl", "it-de", "es-en", "de-nl"]

    portal = w.service("portal", caddy)
    proj = w.service("projects", jboss, errors=lambda c, e: c.log.error(f"WFLYEJB0034: invocation failed on ProjectBus: javax.ejb.EJBException: {e}\n\tat com.babel.projects.ProjectBus.onMessage(ProjectBus.java:58)\n\tat com.babel.bus.Stream.poll(Stream.java:119)", logger="org.jboss.as.ejb3", thread="stream-1"))
    seg = w.service("segmenter", pydash, errors=lambda c, e: c.log.error(f"gave up: {e}", logger="segmenter.bus"))
    tm = w.service("tm", logrusjson, errors=lambda c, e: c.log.error("handler error", error=str(e)))
    mt = w.service("mt", klog, errors=lambda c, e: c.log.error("Unhandled Error", logger="runtime.go:142", err=str(e)))
    vend = w.service("vendors", nest, errors=lambda c, e: c.log.error(f"{e}\n    at StreamConsumer.handle (/app/dist/stream.consumer.js:71:15)", logger="ExceptionsHandler"))
    qa = w.service("qa", katip, errors=lambda c, e: c.log.error(f"uncaught: {e}", logger="main"))
    hand = w.service("handover", golog, errors=lambda c, e: c.log.error(f"ERROR: {e}", logger="bus.go:40"))
    bill = w.service("billing", odoo, errors=lambda c, e: c.log.error(f"Job failed: {e}", logger="queue_job.jobrunner"))

    @portal.http("ANY *")
    async def front(c, b):
        verb, path = b["_route"].split(" ")
        st, a = await c.call("vendors" if path.startswith("/jobs") else "projects", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("handled request", ip=f"188.61.{c.rng.randrange(90)}.{c.rng.randrange(250)}", method=verb, uri=path, duration=round(c.elapsed_ms() / 1000, 6), status=st, size=c.rng.randrange(20, 900), incoming=True)
        return st, a
    portal.noise(11, lambda log: log.info("certificate still good", domains=2))

    # ---------------------------------------------------------------- projects
    P = "com.babel.projects."
    @proj.http("POST /quotes")
    async def quote(c, b):
        T = f"default task-{c.thread}"
        st, s = await c.call("segmenter", "POST /count", {"file": b["file"]})
        async with c.client("tm", "POST /leverage") as k:
            st, t = await k.send({"file": b["file"], "lang": b["lang"], "words": s["words"]})
            k.log.debug(f"leverage of {b['file']}: {t['pct']}%", logger=P + "Leverage", thread=T)
        async with c.client("billing", "POST /price") as k:
            st, e = await k.send({"client": b["client"], "words": s["words"]})
        c.log.info(f"Quote for client {b['client']}: {s['words']} words {b['lang']}, {e['eur']} EUR", logger=P + "QuoteResource", thread=T, incoming=True)
        return 200, e

    @proj.http("POST /projects")
    async def order(c, b):
        T = f"default task-{c.thread}"
        n["p"] += 1
        p = f"P26-{n['p']}"
        c.log.info(f"Order {b['po']} of client {b['client']} becomes {p}", logger=P + "OrderResource", thread=T, incoming=True)
        async with c.span("insert project", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"insert into PROJECT (CODE, CLIENT, PO, LANG) values ('{p}', {b['client']}, '{b['po']}', '{b['lang']}')", logger="org.hibernate.SQL", thread=T)
        w.proj[p] = {"client": b["client"], "po": b["po"], "lang": b["lang"], "state": "ANALYSIS", "file": b["file"], "words": 0}
        async with c.producer("project.created") as x:
            m = await x.send({"project": p, "file": b["file"], "lang": b["lang"]})
            x.log.info(f"XADD project.created {m} {p}", logger=P + "ProjectBus", thread=T)
        return 201, {"project": p}

    @proj.consumer("batch.done")
    async def batch_done(c, m):
        b, T = m.body, f"stream-{c.thread % 3}"
        p, j = b["project"], joins[b["project"]]
        await c.work(3)
        j["got"][b["batch"]] = b
        if len(j["got"]) < j["want"]:
            if b["by"] == "mt": c.log.debug(f"{p}: batch {b['batch']} back from {b['by']}, {len(j['got'])} of {j['want']}", logger=P + "Analysis", thread=T, incoming=True)
            return
        if w.proj[p]["state"] != "ANALYSIS":
            c.log.warning(f"{p} is {w.proj[p]['state']}, analysis thrown away", logger=P + "Analysis", thread=T, incoming=True)
            return
        w.proj[p]["state"] = "OFFERED"
        c.log.info(f"{p} analysed: {w.proj[p]['words']} words, all {j['want']} batches back", logger=P + "Analysis", thread=T, incoming=True)
        await c.publish("job.wanted", {"project": p, "lang": w.proj[p]["lang"], "words": w.proj[p]["words"]}, producer_span=False)

    @proj.consumer("file.segmented")
    async def segmented(c, m):
        b = m.body
        await c.work(4)
        joins[b["project"]] = {"want": b["batches"], "got": {}}
        w.proj[b["project"]]["words"] = b["words"]
        c.log.debug(f"{b['project']} has {b['batches']} batches", logger=P + "Analysis", thread=f"stream-{c.thread % 3}")
        for i in range(b["batches"]):
            await c.publish("batch.todo", {"project": b["project"], "batch": i + 1, "lang": b["lang"], "words": b["words"] // b["batches"]}, producer_span=i == 0)

    def move(topic, state, text):
        @proj.consumer(topic, retries=1)
        async def moved(c, m):
            p = m.body["project"]
            async with c.span("update project", "CLIENT") as s:
                await s.work(5)
                if c.rng.random() < 0.5: s.log.debug(f"update PROJECT set STATE='{state}' where CODE='{p}'", logger="org.hibernate.SQL", thread=f"stream-{c.thread % 3}")
            if w.proj[p]["state"] != "CANCELLED": w.proj[p]["state"] = state
            if text: c.log.info(text.format(**m.body), logger=P + "ProjectFlow", thread=f"stream-{c.thread % 3}", incoming=True)
    move("job.taken", "RUNNING", "{project} is in work at vendor {vendor}")
    move("job.unfilled", "STUCK", "{project}: nobody wants it, planner must call")
    move("project.delivered", "DELIVERED", "")

    @proj.http("DELETE /projects/{code}")
    async def cancel(c, b):
        p, T = b["_route"].split("/")[-1], f"default task-{c.thread}"
        if w.proj[p]["state"] in ("DELIVERED", "CANCELLED"):
            c.log.info(f"{p} cannot be cancelled any more", logger=P + "OrderResource", thread=T, incoming=True)
            return 409, {}
        w.proj[p]["state"] = "CANCELLED"
        async with c.producer("project.cancelled") as x:
            await x.send({"project": p, "client": w.proj[p]["client"]})
            x.log.info(f"{p} cancelled by client {w.proj[p]['client']}", logger=P + "OrderResource", thread=T)
        return 200, {}

    @proj.http("GET /projects/{code}")
    async def look(c, b):
        p = b["_route"].split("/")[-1]
        async with c.span("select project", "CLIENT") as s:
            await s.work(3)
        c.log.debug(f"{p} shown ({w.proj[p]['state']})", logger=P + "OrderResource", thread=f"default task-{c.thread}", incoming=True)
        return 200, {}
    proj.noise(6, lambda log: log.debug("IJ000906: idle removal", logger="org.jboss.jca.core", thread="IdleRemover"))

    # ---------------------------------------------------------------- segmenter
    @seg.http("POST /count")
    async def count(c, b):
        await c.work(60)
        words = c.rng.randrange(200, 9000)
        c.log.info("counted %d words in %s" % (words, b["file"]), logger="segmenter.api", incoming=True)
        return 200, {"words": words}

    @seg.consumer("project.created", retries=2, retry_ms=300)
    async def cut(c, m):
        b = m.body
        c.log.info("job %s: fetching %s" % (m.id, b["file"]), logger="segmenter.worker", incoming=True)
        async with c.span("s3 get", "CLIENT") as s:
            await s.work(70, 0.6)
            if c.rng.random() < 0.06:
                s.log.warning("SlowDown from storage for %s, attempt %d" % (b["file"], m.attempt), logger="botocore.retries")
                raise Exception("slow down")
            s.log.debug("200 OK %d bytes" % c.rng.randrange(9000, 2000000), logger="botocore.parsers")
        async with c.span("parse") as s:
            await s.work(120)
            words, k = c.rng.randrange(300, 9000), c.rng.randrange(2, 5)
            s.log.info("%s -> %d segments" % (b["file"].split(".")[-1], words // 11), logger="segmenter.parse")
        async with c.producer("file.segmented") as p:
            await p.send({"project": b["project"], "words": words, "batches": k, "lang": b["lang"]})
        c.log.info("%s cut, %.2f s" % (b["project"], c.elapsed_ms() / 1000), logger="segmenter.worker")
    seg.noise(7, lambda log: log.debug("tmp dir cleaned", logger="segmenter.gc"))

    # ---------------------------------------------------------------- tm
    @tm.http("POST /leverage")
    async def leverage(c, b):
        async with c.span("es search", "CLIENT") as s:
            await s.work(18)
            s.log.debug("query", index="tm-" + b["lang"], took_ms=int(s.elapsed_ms()))
        c.log.info("leverage", file=b["file"], pair=b["lang"], incoming=True)
        return 200, {"pct": c.rng.randrange(90)}

    @tm.consumer("batch.todo", retries=1)
    async def lookup(c, m):
        b = m.body
        async with c.span("es msearch", "CLIENT") as s:
            await s.work(25)
            hit = c.rng.random()
            if c.rng.random() < 0.5: s.log.debug("msearch", index="tm-" + b["lang"], hits=int(hit * 100))
        if hit > 0.75:
            c.log.info("batch fully leveraged", project=b["project"], batch=b["batch"], incoming=True)
            await c.publish("batch.done", b | {"by": "tm"}, producer_span=False)
        else:
            async with c.producer("mt.todo") as p:
                await p.send(b | {"left": int(b["words"] * (1 - hit))})
                p.log.info("rest to machine", project=b["project"], batch=b["batch"], words=int(b["words"] * (1 - hit)))

    @tm.consumer("project.delivered")
    async def learn(c, m):
        await c.work(30)
        c.log.info("memory updated", project=m.body["project"], added=c.rng.randrange(900), incoming=True)
    tm.noise(5, lambda log: log.debug("merge finished", index="tm-en-de"))

    # ---------------------------------------------------------------- mt
    @mt.consumer("mt.todo", concurrency=4)
    async def translate(c, m):
        b = m.body
        async with c.span("gpu infer") as s:
            await s.work(80 + b["left"] / 6, 0.25)
            s.log.debug("Ran batch", logger="gpu.go:77", words=b["left"], model="nmt-" + b["lang"])
        c.log.info("Translated", logger="worker.go:51", proj=b["project"], part=b["batch"], ms=int(c.elapsed_ms()), incoming=True)
        await c.publish("batch.done", b | {"by": "mt"}, producer_span=False)
    mt.noise(4, lambda log: log.info("GPU", logger="gpu.go:31", util=round(w.rng.random(), 2), temp=w.rng.randrange(50, 80)))

    # ---------------------------------------------------------------- vendors
    @vend.consumer("job.wanted")
    async def find(c, m):
        b = m.body
        n["job"] += 1
        job = f"J{n['job']}"
        w.jobs[job] = {"project": b["project"], "state": "OPEN", "words": b["words"], "tries": 0}
        async with c.span("rank vendors", "CLIENT") as s:
            await s.work(15)
            who = [f"V{c.rng.randrange(100, 400)}" for _ in range(3)]
            s.log.debug(f"SELECT ... ORDER BY score LIMIT 3 -- {', '.join(who)}", logger="TypeORM")
        c.log.info(f"Job {job} for {b['project']} ({b['words']} words {b['lang']})", logger="OffersService", incoming=True)
        c.spawn(offer_round(c, job, who))

    async def offer_round(c, job, who):
        for v in who:
            offers[job] = w.loop.create_future()
            async with c.producer("mail.todo") as p:
                await p.send({"to": v, "tpl": "offer", "ref": job})
                p.log.info(f"offer of {job} sent to {v}", logger="OffersService")
            w.board.append((job, v))
            try: yes = await asyncio.wait_for(offers[job], 1.6)
            except asyncio.TimeoutError:
                c.log.warning(f"{v} did not answer for {job}", logger="OffersService")
                continue
            if yes:
                w.jobs[job] |= {"state": "TAKEN", "vendor": v}
                await c.publish("job.taken", {"project": w.jobs[job]["project"], "job": job, "vendor": v}, producer_span=False)
                return
        w.jobs[job]["state"] = "UNFILLED"
        async with c.producer("job.unfilled") as p:
            await p.send({"project": w.jobs[job]["project"], "job": job})
            p.log.error(f"{job} unfilled after {len(who)} offers", logger="OffersService")

    @vend.http("POST /jobs/{job}/answer")
    async def answer(c, b):
        job = b["_route"].split("/")[2]
        await c.work(5)
        f = offers.get(job)
        ok = f is not None and not f.done()
        c.log.info(f"{b['vendor']} says {'yes' if b['yes'] else 'no'} to {job}{'' if ok else ', too late'}", logger="JobsController", incoming=True)
        if ok: f.set_result(b["yes"])
        return (200 if ok else 410), {}

    @vend.http("POST /jobs/{job}/deliver")
    async def deliver(c, b):
        job = b["_route"].split("/")[2]
        async with c.span("put upload", "CLIENT") as s:
            await s.work(40)
            if c.rng.random() < 0.7: s.log.debug(f"stored {job}.xliff", logger="Storage")
        j = w.jobs[job]
        j["tries"] += 1
        async with c.producer("job.delivered") as p:
            mid = await p.send({"job": job, "project": j["project"], "vendor": j["vendor"], "round": j["tries"]})
            p.log.debug(f"job.delivered ${mid}", logger="StreamPublisher")
        c.log.info(f"{job} delivered, round {j['tries']}", logger="JobsController", incoming=True)
        return 202, {}

    @vend.consumer("qa.failed")
    async def again(c, m):
        await c.work(6)
        w.jobs[m.body["job"]]["state"] = "REWORK"
        c.log.warning(f"{m.body['job']} back to {m.body['vendor']}", logger="ReworkService", incoming=True)
        async with c.producer("mail.todo") as p:
            await p.send({"to": m.body["vendor"], "tpl": "rework", "ref": m.body["job"]})

    @vend.consumer("project.cancelled")
    async def call_off(c, m):
        await c.work(5)
        for job, j in w.jobs.items():
            if j["project"] == m.body["project"] and j["state"] in ("OPEN", "TAKEN"):
                j["state"] = "CALLED OFF"
                c.log.info(f"{job} called off", logger="OffersService", incoming=True)
    vend.noise(6, lambda log: log.debug("BullMQ stalled check: 0", logger="Scheduler"))

    # ---------------------------------------------------------------- qa
    @qa.consumer("job.delivered", retries=1)
    async def check(c, m):
        b = m.body
        async def one(name, ms):
            async with c.span(name) as s:
                await s.work(ms)
                s.log.debug(f"{name} finished", logger="checks", issues=c.rng.randrange(5))
        await asyncio.gather(one("spelling", 50), one("terminology", 80), one("numbers", 25))
        bad = c.rng.random() < (0.25 if b["round"] == 1 else 0.05)
        c.log("WARN" if bad else "INFO", "rejected" if bad else "passed", logger="verdict", job=b["job"], round=b["round"], incoming=True)
        async with c.producer("qa.failed" if bad else "qa.passed") as p:
            await p.send(b)
    qa.noise(7, lambda log: log.info("termbase reloaded", logger="terms"))

    # ---------------------------------------------------------------- handover
    @hand.consumer("qa.passed", retries=2, retry_ms=500)
    async def give(c, m):
        b = m.body
        p = w.proj[b["project"]]
        async with c.span("render target", "INTERNAL") as s:
            await s.work(90)
        async with c.span("PUT client webdav", "CLIENT") as s:
            await s.work(110, 0.6)
            if c.rng.random() < 0.08:
                s.log.warning(f"put {p['file']}: 507, will retry", logger="dav.go:66")
                raise Exception("507")
            s.log.info(f"put {p['file']}: 201", logger="dav.go:70")
        c.log.info(f"delivered {b['project']} (po {p['po']}) in {c.elapsed_ms():.0f}ms", logger="main.go:104", incoming=True)
        async with c.producer("project.delivered") as x:
            await x.send({"project": b["project"], "job": b["job"], "vendor": b["vendor"]})

    @hand.consumer("mail.todo")
    async def letter(c, m):
        await c.work(25)
        c.log.info(f"mail {m.body['tpl']} to {m.body['to']} re {m.body['ref']}", logger="mail.go:33", incoming=True)
    hand.noise(9, lambda log: log.info("imap idle", logger="mail.go:80"))

    # ---------------------------------------------------------------- billing
    @bill.http("POST /price")
    async def price(c, b):
        await c.work(12)
        eur = round(b["words"] * 0.14, 2)
        c.log.info(f"pricelist of partner {b['client']} applied: {eur}", logger="sale.pricelist", incoming=True)
        return 200, {"eur": eur}

    @bill.consumer("project.delivered")
    async def invoice(c, m):
        p = w.proj[m.body["project"]]
        n["inv"] += 1
        no = f"INV/2026/{n['inv']:05d}"
        async with c.span("insert account_move", "CLIENT") as s:
            await s.work(14)
            s.log.debug(f"query: INSERT INTO account_move (name, partner_id, ref) VALUES ('{no}', {p['client']}, '{p['po']}')", logger="sql_db")
        c.log.info(f"Created invoice {no} for partner {p['client']}, origin {m.body['project']}", logger="account.move", incoming=True)
        w.unpaid.append((m.body["vendor"], m.body["job"]))
        if c.rng.random() < 0.7: await c.publish("mail.todo", {"to": p["client"], "tpl": "invoice", "ref": no}, producer_span=False)

    @bill.consumer("project.cancelled")
    async def fee(c, m):
        await c.work(9)
        c.log.info(f"Cancellation fee for {m.body['project']} drafted", logger="account.move", incoming=True)

    @bill.every(8, first=14)
    async def vendor_payments(c):
        rows, w.unpaid[:] = w.unpaid[:8], w.unpaid[8:]
        c.log.info(f"SEPA run with {len(rows)} lines", logger="payment.order")
        for v, job in rows:
            async with c.span("pay line") as s:
                await s.work(10)
                s.log.info(f"line {job} -> {v}", logger="payment.order")
        if rows:
            async with c.span("EBICS upload", "CLIENT") as s:
                await s.work(300)
                s.log.info(f"pain.001 uploaded, {len(rows)} transactions", logger="payment.ebics")


async def load(w):
    r = w.rng
    async def client(i):
        cl, f, lang = r.randrange(3000, 3400), f"{r.choice(['manual', 'contract', 'leaflet', 'strings'])}_{r.randrange(10 ** 5)}.{r.choice(['docx', 'idml', 'xml'])}", r.choice(["de-fr", "en-de", "en-pl", "it-de"])
        if i % 3 == 0:
            await w.start("portal", "POST /quotes", {"client": cl, "file": f, "lang": lang})
            if i % 2: return
            await sleep(r.uniform(300, 2500))
        st, a = await w.start("portal", "POST /projects", {"client": cl, "file": f, "lang": lang, "po": f"PO-{r.randrange(10 ** 4, 10 ** 5)}"})
        if i % 4 == 1:
            await sleep(r.uniform(400, 5000))
            await w.start("portal", f"GET /projects/{a['project']}")
        if i % 11 == 5:
            await sleep(r.uniform(100, 4000))
            await w.start("portal", f"DELETE /projects/{a['project']}")

    async def translators():
        """the people at home: they look at what is offered to them, and deliver after a while"""
        async def person(job, v):
            await sleep(r.uniform(250, 1500))
            x = r.random()
            if x < 0.12: return
            yes = x > 0.3
            st, _ = await w.start("portal", f"POST /jobs/{job}/answer", {"vendor": v, "yes": yes})
            if st != 200 or not yes: return
            for _ in range(3):
                await sleep(r.uniform(1200, 4500))
                if w.jobs[job]["state"] not in ("TAKEN", "REWORK"): return
                if w.jobs[job]["state"] == "REWORK": w.jobs[job]["state"] = "TAKEN"
                await w.start("portal", f"POST /jobs/{job}/deliver", {"vendor": v})
                await sleep(1500)
                if w.jobs[job]["state"] != "REWORK": return
        while not w.over:
            await sleep(100)
            while w.board: w._spawn(person(*w.board.pop(0)))

    w.over = False
    t = w._spawn(translators())
    await arrivals(w, 66, 1.7, client)
    await sleep(20000)
    w.over = True
    await t

record(build, load, "k_transl")
