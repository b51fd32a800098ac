"""A photo print lab: pictures are uploaded and prepared, orders run as durable workflows whose tasks go over queues and come back; the press prints rolls
of many orders at once (batch job with links); the carrier calls a webhook later."""
import json
from world import *

ms = lambda r: r.time.microsecond // 1000

# ---- formatters
def nginx(r):
    f = r.fields
    if "line" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [notice] {r.pid}#{r.pid}: {r.message}"
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" tp={r.incoming}"
    return f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S}.{ms(r):03d} +0000] "{f["line"]} HTTP/1.1" {f["st"]} {f["n"]} "-" "PrintApp/{f["n"] % 7}.1 (iOS)" rt={f["rt"]:.3f} urt={f["rt"] - 0.001:.3f}{ids}'

def django(r):
    ids = f" [trace_id={r.trace_id} span_id={r.span_id}]" if r.trace_id else ""
    par = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{ms(r):03d}] {'WARNING' if r.level == 'WARN' else r.level} {r.logger} ({r.pid}){ids} {r.message}{par}"

def zapjson(r):
    d = {"level": r.level.lower(), "ts": r.ns / 1e9, "caller": f"{r.logger}.go:{20 + len(r.message) * 5}", "msg": r.message} | r.fields
    if r.trace_id: d |= {"TraceID": r.trace_id, "SpanID": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def bunyan(r):
    d = {"name": "imaging", "hostname": "gpu-7c4f", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))

def jul(r):
    ids = f" {{trace={r.trace_id}, span={r.span_id}}}" if r.trace_id else ""
    par = f" parent {r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S} {({'DEBUG': 'FINE', 'WARN': 'WARNING', 'ERROR': 'SEVERE'}).get(r.level, r.level)} {r.logger}{ids} {r.message}{par}"

def log4net(r):
    ndc = f"({r.trace_id}/{r.span_id})" if r.trace_id else "(null)"
    par = f" ParentId={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms(r):03d} [{r.thread}] {r.level:<5} {r.logger} {ndc} - {r.message}{par}"

def qcprint(r):
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    par = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{r.ns / 1e9:.3f} {r.level.lower()} {r.message}{ids}{par}"

def timbre(r):
    ids = f" {{:trace-id {r.trace_id}, :span-id {r.span_id}" + (f", :traceparent {r.incoming}" if r.incoming else "") + "}" if r.trace_id else ""
    return f"{isoz(r)} ship-0 {r.level} [lab.{r.logger}:{10 + len(r.message) % 60}] - {r.message}{ids}"

def envlogger(r):
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    par = f" parent_id={r.incoming_parent}" if r.incoming_parent else ""
    return f"[{isoz(r, 6)} {r.level:<5} {r.logger}] {r.message}{ids}{par}"


def build(w):
    w.network_ms, w.broker_ms = 2.0, 5
    rng = w.rng
    w.new_message_id = lambda: "%012x" % rng.getrandbits(48)
    gw = w.service("nginx", nginx)
    shop = w.service("shop", django, errors=lambda c, e: c.log.error(f"Internal error in consumer\nTraceback (most recent call last):\n  File \"/srv/shop/orders/consumers.py\", line 31, in handle\n    self.dispatch(event)\ndjango.db.utils.OperationalError: {e}", logger="shop.consumers"))
    flow = w.service("flow", zapjson, errors=lambda c, e: c.log.error("workflow task failed", error=str(e), logger="worker/task"))
    img = w.service("imaging", bunyan, errors=lambda c, e: c.log.error("task crashed", err={"message": str(e), "name": "Error", "stack": f"Error: {e}\n    at run (/app/worker.js:40:11)"}))
    pay = w.service("payments", jul, errors=lambda c, e: c.log.error(f"Could not finish: {e}", logger="lab.pay.Worker"))
    press = w.service("press", log4net, errors=lambda c, e: c.log.error(f"Job aborted: {e}", logger="Press.JobQueue"))
    qc = w.service("quality", qcprint)
    ship = w.service("shipping", timbre, errors=lambda c, e: c.log.error(f"boom {e}", logger="ship.core"))
    mail = w.service("mailer", envlogger, errors=lambda c, e: c.log.error(f"dropping mail: {e}", logger="mailer::queue"))
    wf, queue, num, albums, labels = {}, [], [rng.randrange(700, 900), rng.randrange(40, 90)], {}, {}
    w.labels, w.wf = labels, wf

    # ---- nginx
    def front(route, service):
        @gw.http(route)
        async def f(ctx, b):
            st, a = await ctx.call(service, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=rng.random() < 0.05)
            ctx.log.info("", line=b["_route"], ip=f"188.{rng.randrange(256)}.4.{rng.randrange(256)}", st=st, n=rng.randrange(120, 4000), rt=ctx.elapsed_ms() / 1000, incoming=True)
            return st, a
    front("POST /albums/{id}/pictures", "shop")
    front("POST /orders", "shop")
    front("GET /orders/{id}", "shop")
    front("DELETE /orders/{id}", "shop")
    front("POST /hooks/carrier", "shipping")

    # ---- shop
    V = "shop.views"
    @shop.http("POST /albums/{id}/pictures")
    async def upload(ctx, b):
        pic = f"{b['_route'].split('/')[2]}_{rng.getrandbits(32):08x}"
        async with ctx.span("PUT s3", "CLIENT") as s:
            await s.work(120, 0.8)
            s.log.debug(f"upload: s3://lab-originals/{pic}.heic ({b['kb']} kB)", logger="shop.storage")
        async with ctx.span("INSERT picture", "CLIENT") as s:
            await s.work(3)
            if rng.random() < 0.6: s.log.debug(f"({s.elapsed_ms() / 1000:.3f}) INSERT INTO \"albums_picture\" (\"key\", \"kb\") VALUES ('{pic}', {b['kb']}); args=('{pic}', {b['kb']})", logger="django.db.backends")
        async with ctx.producer("picture.uploaded") as p:
            p.log.debug(f"send picture.uploaded {pic}", logger="shop.bus")
            await p.send({"pic": pic, "kb": b["kb"]})
        ctx.log.info(f"picture {pic} taken in", incoming=True, logger=V)
        return 201, {"pic": pic}

    @shop.consumer("picture.ready")
    async def ready(ctx, m):
        albums.setdefault(m.body["pic"].split("_")[0], []).append(m.body["pic"])
        await ctx.work(3)
        if m.body["ok"]: ctx.log.info(f"{m.body['pic']} visible in album now", incoming=True, logger="shop.consumers")
        else: ctx.log.warn(f"{m.body['pic']} hidden: {m.body['why']}", incoming=True, logger="shop.consumers")

    @shop.http("POST /orders")
    async def order(ctx, b):
        num[0] += 1
        o = f"26-{num[0]}-{rng.choice('ABCDEFGH')}{rng.randrange(10)}"
        ctx.log.info(f"checkout {o}: {len(b['pics'])} prints {b['size']}", incoming=True, logger=V)
        async with ctx.client("payments", "POST /authorizations") as c:
            st, a = await c.send({"order": o, "amount": b["amount"]})
            c.log.debug(f"payments said {st} for {o}", logger="shop.clients")
        if st != 201:
            ctx.log.warn(f"checkout {o} ended: card declined", logger=V)
            return 402, {}
        wf[o] = {"pics": b["pics"], "size": b["size"], "amount": b["amount"], "auth": a["auth"], "state": "new", "prepared": {}, "tries": 0}
        async with ctx.span("INSERT order", "CLIENT") as s: await s.work(5)
        async with ctx.producer("flow.start") as p:
            i = await p.send({"order": o})
            p.log.info(f"started workflow print-order/{o} (msg {i})", logger="shop.flow")
        return 201, {"order": o}

    @shop.http("GET /orders/{id}")
    async def status(ctx, b):
        o = b["_route"].split("/")[-1]
        if rng.random() < 0.5:
            async with ctx.client("flow", "QueryWorkflow") as c:
                await c.send({"order": o})
                c.log.debug(f"query print-order/{o}", logger="shop.flow")
        else: await ctx.work(2)
        ctx.log.info(f'"GET /orders/{o}" 200', incoming=True, logger="django.server")
        return 200, {}

    @shop.http("DELETE /orders/{id}")
    async def cancel(ctx, b):
        o = b["_route"].split("/")[-1]
        if wf[o]["state"] not in ("new", "preparing"):
            ctx.log.info(f"{o} is already at the press, not cancelled", incoming=True, logger=V)
            return 409, {}
        ctx.log.info(f"{o} cancelled by customer", incoming=True, logger=V)
        await ctx.publish("flow.signal", {"order": o, "signal": "cancel"})
        return 202, {}

    # ---- flow: tasks out, results in
    async def task(ctx, kind, o, **more):
        async with ctx.producer("task." + kind) as p:
            await p.send({"wf": o, **more})
            if kind != "press": p.log.debug("schedule activity", activity=kind, workflowId=f"print-order/{o}", logger="engine/dispatch")

    @flow.consumer("flow.start")
    async def begin(ctx, m):
        o = m.body["order"]
        s = wf[o]
        if s["state"] != "new": return
        s["state"] = "preparing"
        ctx.log.info("workflow started", workflowId=f"print-order/{o}", runId=m.id, activities=len(s["pics"]), incoming=True, logger="engine/start")
        await asyncio.gather(*(task(ctx, "prepare", o, pic=p, size=s["size"]) for p in s["pics"]))

    @flow.consumer("task.result")
    async def result(ctx, m):
        b = m.body
        o, kind = b["wf"], b["kind"]
        s = wf[o]
        async with ctx.span("append history", "CLIENT") as h:
            await h.work(2)
            if kind != "prepare" or h.elapsed_ms() > 2.1: h.log.debug("history appended", workflowId=f"print-order/{o}", event=kind + "Completed", logger="store/pg")
        if s["state"] == "cancelled":
            ctx.log.debug("late result ignored", workflowId=f"print-order/{o}", activity=kind, incoming=True, logger="engine/step")
            return
        if kind == "prepare":
            s["prepared"][b["pic"]] = True
            if len(s["prepared"]) < len(s["pics"]) or s["state"] != "preparing":
                ctx.log.debug("waiting for more", workflowId=f"print-order/{o}", have=len(s["prepared"]), want=len(s["pics"]), incoming=True, logger="engine/step")
                return
            s["state"] = "printing"
            ctx.log.info("all prepared, to press", workflowId=f"print-order/{o}", incoming=True, logger="engine/step")
            await task(ctx, "press", o, n=len(s["pics"]), size=s["size"])
        elif kind == "press":
            async with ctx.client("quality", "POST /inspect") as c:
                st, a = await c.send({"order": o, "roll": b["roll"], "n": len(s["pics"])})
                c.log.debug("inspection verdict", workflowId=f"print-order/{o}", verdict=a["verdict"], logger="act/inspect")
            if a["verdict"] != "pass" and s["tries"] < 2:
                s["tries"] += 1
                ctx.log.warn("reprint", workflowId=f"print-order/{o}", attempt=s["tries"] + 1, incoming=True, logger="engine/step")
                await task(ctx, "press", o, n=len(s["pics"]), size=s["size"])
                return
            s["state"] = "packing"
            ctx.log.info("prints good", workflowId=f"print-order/{o}", roll=b["roll"], incoming=True, logger="engine/step")
            await asyncio.gather(task(ctx, "ship", o), task(ctx, "capture", o, auth=s["auth"], amount=s["amount"]))
        elif kind in ("ship", "capture"):
            s[kind] = True
            if s.get("ship") and s.get("capture") and s["state"] == "packing":
                s["state"] = "done"
                await task(ctx, "mail", o, what="on its way")
                ctx.log.info("workflow completed", workflowId=f"print-order/{o}", incoming=True, logger="engine/done")

    @flow.consumer("flow.signal")
    async def signal(ctx, m):
        o, sig = m.body["order"], m.body["signal"]
        s = wf[o]
        ctx.log.info("signal", workflowId=f"print-order/{o}", signal=sig, incoming=True, logger="engine/signal")
        if sig == "cancel" and s["state"] == "preparing":
            s["state"] = "cancelled"
            await task(ctx, "refund", o, auth=s["auth"], amount=s["amount"])
            await task(ctx, "mail", o, what="cancelled")
        elif sig == "delivered": await task(ctx, "mail", o, what="delivered")

    @flow.http("QueryWorkflow")
    async def query(ctx, b):
        await ctx.work(1)
        ctx.log.debug("query", workflowId=f"print-order/{b['order']}", state=wf[b["order"]]["state"] if b["order"] in wf else "none", incoming=True, logger="engine/query")
        return 200, {}

    async def done(ctx, kind, o, log=None, **more):
        async with ctx.producer("task.result") as p:
            i = await p.send({"wf": o, "kind": kind, **more})
            if log: log(p, i)

    # ---- imaging
    @img.consumer("picture.uploaded", concurrency=8)
    async def intake(ctx, m):
        pic = m.body["pic"]
        async def thumb(px):
            async with ctx.span(f"thumb {px}") as s:
                await s.work(px / 12)
                s.log.debug("thumb written", pic=pic, px=px, ms=round(s.elapsed_ms()))
        async def scan():
            async with ctx.span("content scan") as s:
                await s.work(90, 0.6)
                s.log.info("scan finished", pic=pic, score=round(rng.random() * 0.3, 3))
        await asyncio.gather(thumb(160), thumb(480), thumb(1600), scan())
        why = "unreadable" if rng.random() < 0.04 else ""
        async with ctx.producer("picture.ready") as p:
            i = await p.send({"pic": pic, "ok": not why, "why": why})
            p.log.info("picture.ready out", pic=pic, messageId=i)
        if why: ctx.log.warn("decoder gave up", pic=pic, incoming=True)

    @img.consumer("task.prepare", retries=1, retry_ms=200, concurrency=14)
    async def prepare(ctx, m):
        pic = m.body["pic"]
        ctx.log.info(f"prepare {pic} for {m.body['size']}", workflow=m.body["wf"], attempt=m.attempt, incoming=True)
        async with ctx.span("GET s3", "CLIENT") as s:
            await s.work(30)
            if s.elapsed_ms() > 27: s.log.debug(f"GET originals/{pic}.heic", status=200, ms=round(s.elapsed_ms()))
        if m.attempt == 1 and rng.random() < 0.04:
            ctx.log.warn("ICC profile server timed out", pic=pic)
            raise Exception("icc")
        async with ctx.span("enhance") as s:
            await s.work(150, 0.5)
            async with s.span("icc transform") as t:
                await t.work(25)
                t.log.debug("sRGB -> Frontier-gloss", pic=pic)
            if rng.random() < 0.4: s.log.debug("red eyes removed", pic=pic, n=rng.randrange(1, 5))
        async with ctx.span("PUT s3", "CLIENT") as s:
            await s.work(45)
            s.log.debug("PUT ready/" + pic + ".tif", status=200)
        await done(ctx, "prepare", m.body["wf"], lambda p, i: p.log.info("task result sent", workflow=m.body["wf"], pic=pic, messageId=i), pic=pic)

    # ---- payments
    @pay.http("POST /authorizations")
    async def authorize(ctx, b):
        async with ctx.span("POST psp /payments", "CLIENT") as s:
            await s.work(170, 0.4)
            ok = rng.random() > 0.05
            s.log.info(f"PSP {'Authorised' if ok else 'Refused'} merchantReference={b['order']}", logger="lab.pay.PspClient")
        auth = f"pa_{rng.getrandbits(36):09x}"
        if not ok: return 402, {}
        ctx.log.info(f"authorization {auth} over {b['amount']} for {b['order']}", incoming=True, logger="lab.pay.AuthResource")
        return 201, {"auth": auth}

    def money(kind, back):
        @pay.consumer("task." + kind, retries=2, retry_ms=400)
        async def f(ctx, m):
            ctx.log.info(f"{kind} {m.body['auth']} ({m.body['amount']})", incoming=True, logger="lab.pay.Worker")
            async with ctx.span(f"POST psp /{kind}s", "CLIENT") as s:
                await s.work(110)
                if s.elapsed_ms() > 100: s.log.debug(f"POST /{kind}s {m.body['auth']} took {s.elapsed_ms():.0f} ms", logger="lab.pay.PspClient")
                bad = m.attempt == 1 and rng.random() < 0.05
                if bad: s.log.warn(f"PSP 500 on {kind}, will try again", logger="lab.pay.PspClient")
            if bad: raise Exception("psp")
            if back: await done(ctx, kind, m.body["wf"], lambda p, i: p.log.debug(f"result {i} sent", logger="lab.pay.Worker"))
    money("capture", True)
    money("refund", False)

    # ---- press: prints wait for a roll
    @press.consumer("task.press")
    async def enqueue(ctx, m):
        b = m.body
        fut = asyncio.get_event_loop().create_future()
        queue.append((ctx, b, fut))
        ctx.log.info(f"Order {b['wf']} ({b['n']} x {b['size']}) queued at position {len(queue)}", incoming=True, logger="Press.JobQueue")
        roll = await fut
        await done(ctx, "press", b["wf"], lambda p, i: p.log.info(f"Order {b['wf']} printed on {roll}", logger="Press.JobQueue"), roll=roll)

    @press.every(0.9, first=1)
    async def run_roll(ctx):
        some, queue[:] = queue[:8], queue[8:]
        if not some: return
        num[1] += 1
        roll = f"R{num[1]:04d}"
        for kept, _, _ in some: ctx.link(kept)
        ctx.log.info(f"Roll {roll} starts: {', '.join(b['wf'] for _, b, _ in some)}", logger="Press.Roll")
        async with ctx.span("expose") as s:
            await s.work(60 * len(some), 0.3)
            if rng.random() < 0.1: s.log.warn(f"Paper tension low on {roll}", logger="Press.Device")
        async with ctx.span("develop") as s:
            await s.work(350, 0.2)
            s.log.debug(f"RA-4 bath {rng.randrange(349, 353) / 10} C, {roll}", logger="Press.Device")
        ctx.log.info(f"Roll {roll} cut after {ctx.elapsed_ms():.0f} ms", logger="Press.Roll")
        for _, _, fut in some:
            if not fut.done(): fut.set_result(roll)

    # ---- quality
    @qc.http("POST /inspect")
    async def inspect(ctx, b):
        async with ctx.span("camera") as s:
            await s.work(35)
            if rng.random() < 0.6: s.log.debug(f"grab order={b['order']} frames={b['n']}")
        v = "pass" if rng.random() > 0.07 else rng.choice(["streak", "colour cast"])
        if v == "pass": ctx.log.info(f"order={b['order']} roll={b['roll']} pass", incoming=True)
        else: ctx.log.warning(f"order={b['order']} roll={b['roll']} REJECT ({v})", incoming=True)
        return 200, {"verdict": v}

    # ---- shipping
    @ship.consumer("task.ship")
    async def label(ctx, m):
        o = m.body["wf"]
        async with ctx.span("POST carrier /labels", "CLIENT") as s:
            await s.work(140, 0.5)
            n = f"3S{rng.randrange(10 ** 9):09d}"
            s.log.info(f"label {n} for {o} bought", logger="ship.carrier")
        labels[o] = n
        async with ctx.span("print label") as s: await s.work(15)
        if n[-1] in "0246813": ctx.log.info(f"{o} packed as {n} in {ctx.elapsed_ms():.0f}ms", incoming=True, logger="ship.core")
        await done(ctx, "ship", o, lambda p, i: p.log.debug(f"told flow, {i}", logger="ship.core") if rng.random() < 0.5 else None, label=n)

    @ship.http("POST /hooks/carrier")
    async def hook(ctx, b):
        ctx.log.info(f"hook {b['event']} {b['barcode']}", incoming=True, logger="ship.hooks")
        o = next((o for o, n in labels.items() if n == b["barcode"]), None)
        async with ctx.span("SELECT parcel", "CLIENT") as s: await s.work(2)
        async def on():
            async with ctx.producer("flow.signal") as p:
                await p.send({"order": o, "signal": "delivered"})
                p.log.debug(f"signalled {o}", logger="ship.hooks")
        ctx.spawn(on())
        return 204, {}

    # ---- mailer
    @mail.consumer("task.mail")
    async def send(ctx, m):
        async with ctx.span("smtp", "CLIENT") as s:
            await s.work(60, 0.6)
            if rng.random() < 0.7: s.log.debug(f"250 2.0.0 Ok: queued as {rng.getrandbits(40):010X}", logger="mailer::smtp")
        ctx.log.info(f"\"{m.body['what']}\" mail to customer of {m.body['wf']} sent", incoming=True)

    # ---- noise
    async def banners():
        gw.log.info("start worker processes")
        press.log.info("Connected to minilab FRONTIER-2 firmware 7.14", logger="Press.Device")
    w.background.append(banners)
    shop.noise(4, lambda log: log.debug('"GET /healthz" 200', logger="django.server"))
    flow.noise(5, lambda log: log.debug("poller stats", pending=rng.randrange(6), logger="worker/poll"))
    img.noise(6, lambda log: log.info("heap", usedMb=rng.randrange(200, 600)))
    press.noise(5, lambda log: log.debug(f"Paper left {rng.randrange(20, 180)} m", logger="Press.Device"))
    qc.noise(8, lambda log: log.debug("calibration ok dE=0.%d" % rng.randrange(3, 9)))
    mail.noise(9, lambda log: log.debug("smtp pool: 2 idle", logger="mailer::smtp"))


async def load(w):
    r = w.rng
    async def one(i):
        album, pics = f"al{r.randrange(1000, 9999)}", []
        for _ in range(r.randrange(1, 3)):
            if r.random() < 0.6:
                st, a = await w.start("nginx", f"POST /albums/{album}/pictures", {"kb": r.randrange(900, 9000)})
                pics.append(a["pic"])
                await sleep(600 * r.random())
        while len(pics) < 2: pics.append(f"{album}_{r.getrandbits(32):08x}")
        if r.random() < 0.25: pics.append(f"{album}_{r.getrandbits(32):08x}")
        st, a = await w.start("nginx", "POST /orders", {"pics": pics, "size": r.choice(["10x15", "13x18", "20x30"]), "amount": f"{r.randrange(199, 4999) / 100:.2f}"})
        if st != 201: return
        o = a["order"]
        await sleep(80 + 600 * r.random())
        if r.random() < 0.1: await w.start("nginx", f"DELETE /orders/{o}")
        await sleep(1000 * r.random())
        if r.random() < 0.25: await w.start("nginx", f"GET /orders/{o}")
        await sleep(4000 + 3000 * r.random())
        if o in w.labels and r.random() < 0.5: await w.start("nginx", "POST /hooks/carrier", {"event": "DELIVERED", "barcode": w.labels[o]})
    await arrivals(w, 65, 2.5, one)

record(build, load, "a_photo")
