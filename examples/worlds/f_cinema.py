"""A film distributor: mezzanine upload, probe, renditions in parallel, subtitle vendors that call back, quality control, join, packaging, release windows, withdrawal."""
import json
from world import *


def pino(r):
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "tusd-1"} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: d["req"] = {"traceparent": r.incoming}
    return json.dumps(d | {"msg": r.message}, separators=(",", ":"))


def timbre(r):   # Clojure
    t = f" trace-id={r.trace_id} span-id={r.span_id}" if r.trace_id else ""
    data = " {" + ", ".join(f":{k} {json.dumps(v)}" for k, v in r.fields.items()) + "}" if r.fields else ""
    return f"{isoz(r, 3)} hub-0 {r.level} [cinema.{r.logger}]{t} - {r.message}{data}" + (f" :parent {r.incoming_parent}" if r.incoming_parent else "")


def log4perl(r):   # whole seconds
    t = f"<{r.trace_id}/{r.span_id}> " if r.trace_id else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S} {r.level}> {r.logger} {t}- {r.message}" + (f" (traceparent: {r.incoming})" if r.incoming else "")


def tracing_json(r):
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message} | r.fields, "target": "transcode::" + r.logger}
    if r.trace_id: d["span"] = {"otel.trace_id": r.trace_id, "otel.span_id": r.span_id}
    if r.incoming_parent: d["span"]["otel.parent_id"] = r.incoming_parent
    return json.dumps(d | {"threadId": f"ThreadId({r.thread + 1})"}, separators=(",", ":"))


def slog_json(r):
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def django(r):
    lev = {"WARN": "WARNING"}.get(r.level, r.level)
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else " trace_id=0 span_id=0"
    return f"{lev} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid} {140_000 + r.thread}{ids} {r.message}" + (f" [parent_id={r.incoming_parent}]" if r.incoming_parent else "")


def katip(r):   # Haskell
    t = f"[trace:{r.trace_id}][span:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f"[parent:{r.incoming_parent}]"
    lev = {"DEBUG": "Debug", "INFO": "Info", "WARN": "Warning", "ERROR": "Error"}[r.level]
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][qc.{r.logger}][{lev}][qc-2][PID {r.pid}][ThreadId {r.thread + 30}]{t} {r.message}"


def msjson(r):   # Microsoft.Extensions.Logging console JSON
    d = {"Timestamp": isoz(r, 3), "EventId": len(r.message) % 12, "LogLevel": {"DEBUG": "Debug", "INFO": "Information", "WARN": "Warning", "ERROR": "Error"}[r.level],
         "Category": "Rights." + r.logger, "Message": r.message, "State": r.fields}
    if r.trace_id: d["Scopes"] = [{"SpanId": r.span_id, "TraceId": r.trace_id} | ({"ParentId": r.incoming_parent} if r.incoming_parent else {})]
    return json.dumps(d)


def logback(r):
    mdc = f"trace_id={r.trace_id}, span_id={r.span_id}, trace_flags=01" if r.trace_id else ""
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {r.time:%d-%b-%Y} [DefaultDispatcher-worker-{r.thread}] {r.level:<5} f.release.{r.logger} [{mdc}] - {r.message}" + (f" ({r.incoming})" if r.incoming else "")


def edge_log(r):   # the publisher next to the CDN: tab separated access lines
    f = r.fields
    if not f: return f"#{isoz(r, 3)}\t{r.message}"
    return "\t".join([isoz(r, 3), r.message, str(f["st"]), f"{f['ms']:.1f}", f.get("pop", "-"), r.trace_id or "-", r.span_id or "-"] + ([r.incoming] if r.incoming else []))


def build(w):
    w.network_ms, w.broker_ms = 1.0, 7
    n = [w.rng.randrange(10**7)]

    def sqs():
        n[0] += 1
        return f"{n[0]:08d}"
    w.new_message_id = sqs
    upload = w.service("upload", pino)
    hub = w.service("hub", timbre, errors=lambda c, e: c.log.error(f"uncaught in handler: {e}", logger="bus"))
    probe = w.service("probe", log4perl, errors=lambda c, e: c.log.error(f"died: {e} at Probe.pm line 201.", logger="Probe.pm:201"))
    trans = w.service("transcode", tracing_json, errors=lambda c, e: c.log.error("job aborted", logger="worker", error=str(e)))
    subs = w.service("subs", django)
    qc = w.service("qc", katip, errors=lambda c, e: c.log.error(f"ExceptionInLinkedThread {e}", logger="run"))
    pack = w.service("packager", slog_json, errors=lambda c, e: c.log.error("dlq", err=str(e)))
    rights = w.service("rights", msjson)
    rel = w.service("release", logback, errors=lambda c, e: c.log.error(f"coroutine failed\njava.lang.IllegalStateException: {e}\n\tat f.release.Bus.handle(Bus.kt:44)", logger="Bus"))
    cdn = w.service("cdn-publisher", edge_log, errors=lambda c, e: c.log.error(f"CONSUME title.withdrawn {e}"))
    titles, due, cached = {}, [], set()

    # ------------------------------------------------------------- upload
    @upload.http("POST /files")
    async def create(ctx, b):
        uid = "".join(ctx.rng.choice("0123456789abcdef") for _ in range(10))
        async with ctx.client("rights", "GET /contracts/" + b["eidr"]) as c:
            st, _ = await c.send()
            c.log.debug("contract looked up", eidr=b["eidr"], status=st)
        if st != 200: return 403, {}
        ctx.log.info("upload created", uploadId=uid, eidr=b["eidr"], bytes=b["size"], incoming=True)
        return 201, {"id": uid}

    @upload.http("POST /files/{id}/complete")
    async def complete(ctx, b):
        uid = b["_route"].split("/")[2]
        titles[b["eidr"]] = {"eidr": b["eidr"], "uid": uid, "parts": {}, "langs": b["langs"], "heights": b["heights"], "state": "arrived"}
        async with ctx.span("S3.CompleteMultipartUpload", "CLIENT") as c:
            await c.work(60)
            c.log.debug("multipart joined", uploadId=uid, parts=c.rng.randrange(4, 90), took=round(c.elapsed_ms()))
        async with ctx.producer("asset.arrived") as p:
            mid = await p.send({"file": f"mezz/{uid}.mxf", "eidr": b["eidr"]})
            p.log.info("handed over", uploadId=uid, queue="asset.arrived", messageId=mid)
        return 202, {}

    # ------------------------------------------------------------- probe
    @probe.consumer("asset.arrived", concurrency=6)
    async def do_probe(ctx, m):
        ctx.log.info(f"begin {m.body['file']}", logger="Probe.pm:88", incoming=True)
        async with ctx.span("ffprobe") as s:
            await s.work(140, 0.5)
            bad = s.rng.random() < 0.04
            if bad: s.log.warning("[mxf @ 0x55d0] OPAtom misses index, damaged essence", logger="FF.pm:31")
            else: s.log.debug(f"streams: v:prores_422_hq {s.rng.choice(['23.976', '24', '25'])}fps a:pcm_s24le x8", logger="FF.pm:40")
        await ctx.publish("asset.probed", {"eidr": m.body["eidr"], "file": m.body["file"], "ok": not bad}, producer_span=False)
        ctx.log.info(f"end {m.body['file']} {'BAD' if bad else 'good'}", logger="Probe.pm:130")

    # ------------------------------------------------------------- hub
    async def save(ctx, t, talk=True):
        async with ctx.span("datomic transact", "CLIENT") as c:
            await c.work(6)
            if talk: c.log.debug("tx", logger="db", basis_t=c.rng.randrange(10**5), eidr=t["eidr"])

    @hub.consumer("asset.probed")
    async def probed(ctx, m):
        t = titles[m.body["eidr"]]
        if not m.body["ok"]:
            t["state"] = "rejected"
            ctx.log.warn("mezzanine rejected, supplier must redeliver", logger="ingest", eidr=t["eidr"], incoming=True)
            return
        await save(ctx, t)

        async def order(lang):
            async with ctx.client("subs", "POST /orders/") as c:
                c.log.debug("ordering subtitles", logger="ingest", eidr=t["eidr"], lang=lang)
                await c.send({"title_id": t["eidr"], "lang": lang})
        await asyncio.gather(*[order(x) for x in t["langs"]])
        for h in t["heights"]:
            async with ctx.producer("encode.job") as p:
                mid = await p.send({"asset": t["eidr"], "src": m.body["file"], "height": h})
                p.log.info("encode queued", logger="ingest", eidr=t["eidr"], height=h, msg=mid)
        await ctx.publish("qc.request", {"programme": t["eidr"], "path": m.body["file"]}, producer_span=False)
        ctx.log.info("fan-out done", logger="ingest", eidr=t["eidr"], waiting_for=len(t["heights"]) + len(t["langs"]) + 1)

    async def came(ctx, m, eidr, part):
        t = titles[eidr]
        fix = t["state"] in ("packaged", "live")
        t["parts"][part] = m.origin
        missing = len(t["heights"]) + len(t["langs"]) + 1 - len(t["parts"])
        await ctx.work(1.5)
        if fix:
            ctx.log.info("revision, repackaging", logger="join", eidr=eidr, part=part, incoming=True)
        elif missing or t["state"] == "packaging":
            if not part.startswith("sub"): ctx.log.debug(f"{part} in, {missing} to come", logger="join", eidr=eidr, incoming=True)
            return
        else:
            for origin in list(t["parts"].values())[:-1]: ctx.link(origin)
            ctx.log.info("complete, packaging", logger="join", eidr=eidr, parts=sorted(t["parts"]), incoming=True)
            t["state"] = "packaging"
        async with ctx.client("packager", "POST /packages") as c:
            st, a = await c.send({"title": eidr, "subsOnly": fix})
            c.log.debug("packager accepted", logger="join", package=a["package"])

    @hub.consumer("rendition.ready")
    async def rendition(ctx, m): await came(ctx, m, m.body["asset"], f"video-{m.body['height']}")

    @hub.consumer("subtitle.ready")
    async def subtitle(ctx, m): await came(ctx, m, m.body["title_id"], "sub-" + m.body["lang"])

    @hub.consumer("qc.verdict")
    async def verdict(ctx, m):
        if m.body["ok"]: return await came(ctx, m, m.body["programme"], "qc")
        titles[m.body["programme"]]["state"] = "on-hold"
        ctx.log.warn("held by QC", logger="join", eidr=m.body["programme"], remark=m.body["remark"])

    @hub.consumer("package.done")
    async def packaged(ctx, m):
        t = titles[m.body["title"]]
        t["state"] = "packaged"
        await save(ctx, t, False)
        await ctx.publish("title.ready", {"eidr": t["eidr"], "package": m.body["package"]}, producer_span=False)
        ctx.log.info("title ready", logger="lifecycle", eidr=t["eidr"], package=m.body["package"])

    @hub.consumer("title.live")
    async def live(ctx, m):
        titles[m.body["title"]]["state"] = "live"
        ctx.log.info("live!", logger="lifecycle", eidr=m.body["title"], incoming=True)

    @hub.every(7, first=10)
    async def stuck_titles(ctx):
        async with ctx.span("datomic q", "CLIENT") as c:
            await c.work(20)
        ctx.log.info("stuck titles looked for", logger="sweeper", held=sum(t["state"] == "on-hold" for t in titles.values()))

    # ------------------------------------------------------------- transcode
    @trans.consumer("encode.job", retries=2, retry_ms=250, concurrency=16)
    async def encode(ctx, m):
        b = m.body
        hw = m.attempt == 1
        if hw and ctx.rng.random() < 0.04:
            await ctx.work(90)
            ctx.log.error("nvenc session lost, job goes back to the queue", logger="worker", asset=b["asset"], height=b["height"], receipt=m.id)
            raise Exception("nvenc")

        async def chunk(i):
            async with ctx.span(f"chunk {i}") as s:
                await s.work(b["height"] * 0.45 * (1 if hw else 2), 0.4)
                if i == 0 or b["height"] > 500: s.log.debug("chunk encoded", logger="pipeline", asset=b["asset"], height=b["height"], fps=round(40000 / b["height"], 1))
        await asyncio.gather(chunk(0), chunk(1))
        async with ctx.span("put segments", "CLIENT") as s:
            await s.work(45)
            s.log.info("segments stored", logger="store", prefix=f"enc/{b['asset']}/{b['height']}p")
        async with ctx.producer("rendition.ready") as p:
            await p.send({"asset": b["asset"], "height": b["height"]})
        ctx.log.info("job finished", logger="worker", asset=b["asset"], height=b["height"], encoder="nvenc" if hw else "x265", ms=round(ctx.elapsed_ms()), incoming=True)

    # ------------------------------------------------------------- subtitles
    async def vendor(ctx, title, lang, rnd):
        async with ctx.span("POST lingo.example/v1/tasks", "CLIENT") as c:
            await c.work(90)
            task = f"LX-{c.rng.randrange(16**5):05X}"
            c.log.info(f"vendor task {task} for {title} [{lang}] round {rnd}", logger="subs.vendor")

        async def back():
            await sleep(500 + ctx.rng.expovariate(1 / 1100))
            await ctx.call("subs", "POST /hooks/lingo/", {"task": task, "title_id": title, "lang": lang, "rnd": rnd}, client_span=False)
        ctx.spawn(back())

    @subs.http("POST /orders/")
    async def order(ctx, b):
        async with ctx.span("INSERT subs_order", "CLIENT") as c:
            await c.work(3)
            c.log.debug("(0.003) INSERT INTO \"subs_order\" (\"title_id\", \"lang\") VALUES ('%s', '%s')" % (b["title_id"], b["lang"]), logger="django.db.backends")
        await vendor(ctx, b["title_id"], b["lang"], 1)
        return 201, {}

    @subs.http("POST /hooks/lingo/")
    async def hook(ctx, b):
        ctx.log.info(f'"POST /hooks/lingo/ HTTP/1.1" task={b["task"]}', logger="django.request", incoming=True)
        async with ctx.span("lint timing") as s:
            await s.work(30)
            ok = b["rnd"] > 1 or s.rng.random() > 0.09
            s.log.debug(f"{s.rng.randrange(600, 1900)} cues, {0 if ok else s.rng.randrange(1, 9)} overlaps", logger="subs.lint")
        if not ok:
            ctx.log.warning(f"{b['task']} sent back to the vendor", logger="subs.views")
            await vendor(ctx, b["title_id"], b["lang"], b["rnd"] + 1)
            return 200, {}
        async with ctx.producer("subtitle.ready") as p:
            mid = await p.send({"title_id": b["title_id"], "lang": b["lang"]})
            p.log.info(f"subtitle.ready {b['title_id']}/{b['lang']} -> {mid}", logger="subs.bus")
        return 200, {}

    @subs.http("PUT /titles/{id}/{lang}/")
    async def fix(ctx, b):
        _, _, eidr, lang, _ = b["_route"].split("/")
        async with ctx.span("lint timing") as s:
            await s.work(25)
        ctx.log.info(f"editor {b['who']} corrected {lang} of {eidr}", logger="subs.views", incoming=True)
        async with ctx.producer("subtitle.ready") as p:
            await p.send({"title_id": eidr, "lang": lang})
            p.log.debug("sent subtitle.ready", logger="subs.bus")
        return 200, {}

    # ------------------------------------------------------------- quality control
    @qc.consumer("qc.request", concurrency=8)
    async def check(ctx, m):
        pid = m.body["programme"]
        ctx.log.info(f"analysing {pid} msg {m.id}", logger="run", incoming=True)
        async with ctx.span("black and freeze") as s:
            await s.work(220, 0.5)
        async with ctx.span("loudness") as s:
            await s.work(90)
            lufs = round(s.rng.gauss(-24, 1.2), 1)
            s.log.debug(f"integrated {lufs} LUFS", logger="r128")
        ok, remark = True, "none"
        if lufs > -22.5:
            ctx.log.warning(f"{pid} too loud, waits for a person", logger="run")
            await ctx.work(1500, 0.4)
            ok, remark = ctx.rng.random() < 0.7, f"loudness {lufs}"
        await ctx.publish("qc.verdict", {"programme": pid, "ok": ok, "remark": remark})
        ctx.log.info(f"{pid} {'PASS' if ok else 'HOLD'} ({ctx.elapsed_ms() / 1000:.3f}s)", logger="run")

    # ------------------------------------------------------------- packager
    @pack.http("POST /packages")
    async def package(ctx, b):
        pid = f"pkg-{ctx.rng.randrange(16**8):08x}"
        ctx.log.info("package requested", title=b["title"], package=pid, subs_only=b["subsOnly"], incoming=True)

        async def go():
            if not b["subsOnly"]:
                async with ctx.client("rights", "POST /keys") as c:
                    st, _ = await c.send({"contentId": b["title"]})
                    c.log.debug("cenc key", title=b["title"], status=st)
            async with ctx.span("mux") as s:
                await s.work(30 if b["subsOnly"] else 260, 0.4)
                s.log.info("muxed", package=pid, formats=["dash", "hls"], dur_ms=round(s.elapsed_ms()))
            async with ctx.span("put manifests", "CLIENT") as s:
                await s.work(20)
            async with ctx.producer("package.done") as p:
                mid = await p.send({"title": b["title"], "package": pid})
                p.log.debug("published", subject="package.done", seq=int(mid))
        ctx.spawn(go())
        return 202, {"package": pid}

    # ------------------------------------------------------------- rights and keys
    @rights.http("GET /contracts/{id}")
    async def contract(ctx, b):
        eidr = b["_route"].rsplit("/", 1)[1]
        if eidr not in cached:
            async with ctx.span("SELECT Contracts", "CLIENT") as c:
                await c.work(7)
                c.log.debug("Executed DbCommand (7ms) SELECT TOP(1) c.* FROM Contracts c WHERE c.Eidr = @e", logger="Db", Eidr=eidr)
            cached.add(eidr)
        ok = ctx.rng.random() > 0.03
        if not ok: ctx.log.warning(f"No contract covers {eidr}", logger="Contracts", Eidr=eidr, incoming=True)
        return (200 if ok else 404), {}

    @rights.http("POST /keys")
    async def keys(ctx, b):
        async with ctx.span("kms GenerateDataKey", "CLIENT") as c:
            await c.work(35)
        ctx.log.info(f"Issued content key for {b['contentId']}", logger="Keys", Kid="%032x" % ctx.rng.getrandbits(128), incoming=True)
        return 201, {}

    @rights.http("POST /withdrawals")
    async def withdraw(ctx, b):
        ctx.log.warning(f"Withdrawal of {b['eidr']} ordered: {b['why']}", logger="Legal", Eidr=b["eidr"], incoming=True)
        await ctx.work(4)
        async with ctx.producer("title.withdrawn") as p:
            await p.send({"contentId": b["eidr"]})
        return 202, {}

    # ------------------------------------------------------------- release
    @rel.consumer("title.ready")
    async def ready(ctx, m):
        async with ctx.span("SELECT windows", "CLIENT") as c:
            await c.work(3)
            c.log.debug(f"select opens_at from windows where eidr = '{m.body['eidr']}'", logger="Exposed")
        due.append((m.body, ctx))
        if len(due) == 1: ctx.log.info(f"{m.body['eidr']} waits alone for the next wave", logger="Waves", incoming=True)

    async def waves():
        while not w.closing:
            await sleep(1300)
            wave, due[:] = due[:], []
            if wave: rel.log.info(f"wave of {len(wave)} opens", logger="Waves")
            for body, ctx in wave: ctx.spawn(open_title(ctx, body))
    w.background.append(waves)

    async def open_title(ctx, body):
        async with ctx.span("open title") as o:
            o.log.info(f"opening {body['eidr']} ({body['package']})", logger="Opener")

            async def pop(name):
                async with o.client("cdn-publisher", f"PUT /pops/{name}/{body['eidr']}") as c:
                    for attempt in range(3):
                        st, _ = await c.send({"package": body["package"]})
                        if st == 200:
                            if name == "ams": c.log.debug(f"{name} has {body['package']}", logger="Opener")
                            break
                        c.log.warn(f"{name} said {st}, once more", logger="Opener")
                        await sleep(200)
            await asyncio.gather(pop("ams"), pop("sin"))
            mid = await o.publish("title.live", {"title": body["eidr"]})
            o.log.info(f"{body['eidr']} announced as live, msg {mid}, {o.elapsed_ms():.0f} ms", logger="Opener")

    @rel.consumer("title.withdrawn")
    async def rel_withdrawn(ctx, m):
        due[:] = [x for x in due if x[0]["eidr"] != m.body["contentId"]]
        ctx.log.info(f"{m.body['contentId']} out of all waves [{m.topic} {m.id}]", logger="Waves", incoming=True)

    # ------------------------------------------------------------- cdn publisher
    @cdn.http("PUT /pops/{pop}/{title}")
    async def put_pop(ctx, b):
        _, _, pop, eidr = b["_route"].split("/")
        async with ctx.span("origin prefetch", "CLIENT") as c:
            await c.work(50, 0.6)
            c.log.debug(f"GET origin /{eidr}/master.m3u8", st=200, ms=c.elapsed_ms())
        st = 503 if ctx.rng.random() < 0.04 else 200
        ctx.log.info(f"PUT /pops/{pop}/{eidr}", st=st, ms=ctx.elapsed_ms(), pop=pop, incoming=True)
        return st, {}

    @cdn.consumer("title.withdrawn", retries=1)
    async def purge(ctx, m):
        async def one(pop):
            async with ctx.span("PURGE " + pop, "CLIENT") as c:
                await c.work(40, 0.6)
                c.log.info(f"PURGE /{m.body['contentId']}", st=200, ms=c.elapsed_ms(), pop=pop)
        await asyncio.gather(one("ams"), one("sin"))

    upload.noise(5, lambda l: l.debug("gc of expired uploads", removed=w.rng.randrange(3)))
    trans.noise(2.5, lambda l: l.debug("gpu", logger="metrics", util=w.rng.randrange(20, 100), mem_mb=w.rng.randrange(2000, 15000)))
    probe.noise(7, lambda l: l.info("sqs long poll returned nothing", logger="Poll.pm:22"))
    qc.noise(8, lambda l: l.debug("profile ebu-r128-2020 reloaded", logger="cfg"))
    rights.noise(6, lambda l: l.info("Health check RightsDb completed with status Healthy", logger="Health"))
    cdn.noise(4, lambda l: l.info(f"token refresh ok ttl={w.rng.randrange(300, 3600)}"))
    rel.noise(9, lambda l: l.info("config reloaded from consul", logger="Config"))


async def load(w):
    w.services["packager"].log.info("shaka-wrap listening", addr=":8090", version="4.2.0")
    w.services["hub"].log.info("system started", logger="main", components=9)

    async def one(i):
        r = w.rng
        eidr = f"10.5240/{r.randrange(16**4):04X}-{r.randrange(16**4):04X}-{r.choice('ABCDEFGHK')}".replace("10.5240/", "10.5240:")
        st, a = await w.start("upload", "POST /files", {"eidr": eidr, "size": r.randrange(10**9, 9 * 10**10)})
        if st != 201: return
        await sleep(300 + 1200 * r.random())
        langs, heights = r.choice([["de"], ["fr", "de"], ["es", "pt-BR"]]), r.choice([[1080, 480], [1080], [2160, 720]])
        await w.start("upload", f"POST /files/{a['id']}/complete", {"eidr": eidr, "langs": langs, "heights": heights})
        x = r.random()
        if x < 0.2:
            await sleep(6000 + 3000 * r.random())
            await w.start("subs", f"PUT /titles/{eidr}/{langs[0]}/", {"who": r.choice(["mira", "jp", "olu"])})
        elif x < 0.32:
            await sleep(5000 + 5000 * r.random())
            await w.start("rights", "POST /withdrawals", {"eidr": eidr, "why": r.choice(["music clearance", "territory", "court order"])})
    await arrivals(w, 80, 2.6, one)

record(build, load, "f_cinema")
