"""Podcast host: episodes come up in parts, are probed, encoded in several renditions at once, measured and transcribed; the joined result is published now or later,
feeds are rebuilt, the CDN purged, directories pinged; ads are stitched on download; shows are edited, unpublished, polled; downloads are rolled up in batches."""
import json
from world import *


def ms3(r): return "%03d" % (r.time.microsecond // 1000)

def traefik(r):       # edge: Traefik JSON access log with duration in ns
    if "path" not in r.fields: return json.dumps({"level": r.level.lower(), "msg": r.message, "time": isoz(r, 0)}, separators=(",", ":"))
    f = r.fields
    start = r.time - datetime.timedelta(milliseconds=f["ms"])
    d = {"ClientHost": f["ip"], "DownstreamStatus": f["st"], "Duration": int(f["ms"] * 1e6), "OriginDuration": int(f["ms"] * 1e6) - 310000, "RequestMethod": f["verb"], "RequestPath": f["path"],
         "ServiceName": f["to"] + "@docker", "StartUTC": f"{start:%Y-%m-%dT%H:%M:%S}.{start.microsecond:06d}000Z", "entryPointName": "websecure"}
    if r.trace_id: d |= {"TraceId": r.trace_id, "SpanId": r.span_id}
    return json.dumps(d | {"level": "info", "msg": "", "time": isoz(r, 9)}, separators=(",", ":"))

def consola(r):       # studio-api: NestJS console
    lv = {"DEBUG": "DEBUG", "INFO": "LOG", "WARN": "WARN", "ERROR": "ERROR"}[r.level]
    h = r.time.hour % 12 or 12
    ids = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else ""
    tail = f" tp={r.incoming}" if r.incoming else ""
    return f"[Nest] {r.pid}  - {r.time:%m/%d/%Y}, {h}:{r.time:%M:%S} {'AM' if r.time.hour < 12 else 'PM'} {lv:>7} [{r.logger}]{ids} {r.message}{tail}"

def charm(r):         # ingest: charmbracelet log, logfmt formatter
    q = lambda v: json.dumps(str(v)) if " " in str(v) or "=" in str(v) else v
    s = f"time={r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}Z level={r.level.lower()} prefix={r.logger} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace={r.trace_id} span={r.span_id}"
    return s + (f" parent={r.incoming_parent}" if r.incoming_parent else "")

def celery(r):        # transcoder
    lv = "WARNING" if r.level == "WARN" else r.level
    ids = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    inc = f" (parent {r.incoming_parent})" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{ms3(r)}: {lv}/{r.thread if isinstance(r.thread, str) else 'ForkPoolWorker-' + str(r.thread)}]{ids} {r.message}{inc}"

def loguru(r):        # speech
    lv = "WARNING" if r.level == "WARN" else r.level
    x = f" | trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: x += f" traceparent={r.incoming}"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)} | {lv:<8} | {r.logger} - {r.message}{x}"

def timbre(r):        # catalog: Clojure
    ids = f" {{:trace-id \"{r.trace_id}\" :span-id \"{r.span_id}\"" + (f" :parent-id \"{r.incoming_parent}\"" if r.incoming_parent else "") + "}" if r.trace_id else ""
    return f"{isoz(r)} catalog-7c9f {r.level} [{r.logger}]{ids} - {r.message}"

def monolog(r):       # feeds: Monolog JsonFormatter
    d = {"message": r.message, "context": r.fields, "level": {"DEBUG": 100, "INFO": 200, "WARN": 300, "ERROR": 400}[r.level], "level_name": r.level.replace("WARN", "WARNING"), "channel": r.logger,
         "datetime": f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00", "extra": {}}
    if r.trace_id: d["extra"] = {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["extra"]["parent_span_id"] = r.incoming_parent
    return json.dumps(d)

def envlogger(r):     # cdn-purge: Rust env_logger
    ids = f" ({r.trace_id}/{r.span_id})" if r.trace_id else ""
    return f"[{isoz(r, 6)} {r.level:<5} cdn_purge::{r.logger}]{ids} {r.message}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "")

def deno(r):          # pinger: a small script, JSON with epoch
    d = {"t": r.ns // 1_000_000, "l": r.level[0].lower(), "m": r.message, **r.fields}
    if r.trace_id: d |= {"tid": r.trace_id, "sid": r.span_id}
    if r.incoming: d["tp"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def gelf(r):          # stats: Micronaut, plain "key: value" tail
    x = "".join(f" {k}: {v};" for k, v in r.fields.items())
    ids = f" trace: {r.trace_id}; span: {r.span_id};" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent: {r.incoming_parent};"
    return f"{r.time:%d-%b-%Y %H:%M:%S}.{ms3(r)} {r.level} {r.logger}: {r.message} --{x}{ids}"


RENDITIONS = ["mp3-128", "mp3-64", "aac-96", "opus-48"]

def build(w):
    w.network_ms, w.broker_ms = 1.8, 11
    n = {"ep": 66100, "build": 410}
    def nxt(k, by=1):
        n[k] += by
        return n[k]
    w.new_message_id = lambda: "%d-0" % (w.ns() // 1_000_000 * 10 + w.rng.randrange(10))     # stream entries
    w.eps, uploads, joins, planned, hits = {}, {}, {}, [], []

    edge = w.service("edge", traefik)
    api = w.service("studio-api", consola, errors=lambda c, e: c.log.error(f"{e}\nError: {e}\n    at Consumer.handle (/app/dist/bus/consumer.js:48:11)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)", logger="ExceptionsHandler"))
    ing = w.service("ingest", charm, errors=lambda c, e: c.log.error("message failed", logger="bus", err=str(e)))
    enc = w.service("transcoder", celery, errors=lambda c, e: c.log.error(f"Task raised unexpected: RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/srv/transcoder/tasks.py\", line 118, in encode\n    run(cmd)\nRuntimeError: {e}"))
    speech = w.service("speech", loguru, errors=lambda c, e: c.log.error(f"An error has been caught: {e}", logger="speech.worker:main:61"))
    cat = w.service("catalog", timbre, errors=lambda c, e: c.log.error(f"handler threw #error {{:cause \"{e}\"}}", logger="catalog.consumers:77"))
    feeds = w.service("feeds", monolog, errors=lambda c, e: c.log.error("Critical error thrown while handling message", logger="messenger", exception=str(e)))
    cdn = w.service("cdn-purge", envlogger, errors=lambda c, e: c.log.error(f"giving up: {e}", logger="worker"))
    ping = w.service("pinger", deno, errors=lambda c, e: c.log.error("uncaught", err=str(e)))
    stats = w.service("stats", gelf, errors=lambda c, e: c.log.error("subscriber failed", logger="i.m.c.e.Handler", cause=str(e)))

    # ---------- edge
    @edge.http("ANY *")
    async def proxy(c, b):
        verb, path = b["_route"].split(" ")
        to = "stats" if path.startswith("/d/") else "studio-api"
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", verb=verb, path=path, st=st, to=to, ms=round(c.elapsed_ms(), 3), ip=f"91.{c.rng.randrange(200)}.7.{c.rng.randrange(250)}", incoming=True)
        return st, a
    edge.noise(9, lambda l: l.debug("Skipping unchanged configuration"))

    # ---------- studio api
    @api.http("POST /shows/{show}/uploads")
    async def begin(c, b):
        show = b["_route"].split("/")[2]
        up = f"up_{c.rng.getrandbits(36):09x}"
        uploads[up] = {"show": show, "parts": 0}
        async with c.span("s3 CreateMultipartUpload", "CLIENT") as s:
            await s.work(25)
        c.log.info(f"Upload {up} opened for show {show}", logger="UploadsController", incoming=True)
        return 201, {"upload": up}

    @api.http("PUT /uploads/{up}/parts")
    async def part(c, b):
        up = b["_route"].split("/")[2]
        uploads[up]["parts"] += 1
        async with c.span("s3 UploadPart", "CLIENT") as s:
            await s.work(140, 0.5)
            s.log.debug(f"{up} part {uploads[up]['parts']} stored, etag {s.rng.getrandbits(32):08x}", logger="S3Client")
        return 200, {}

    @api.http("POST /uploads/{up}/complete")
    async def complete(c, b):
        up = b["_route"].split("/")[2]
        async with c.span("s3 CompleteMultipartUpload", "CLIENT") as s:
            await s.work(60)
            s.log.debug(f"{up} completed from {uploads[up]['parts']} parts", logger="S3Client")
        async with c.client("catalog", "POST /episodes") as k:
            st, a = await k.send({"show": uploads[up]["show"], "title": b["title"], "publish": b["publish"]})
            k.log.info(f"catalog -> {st} {a['guid']}", logger="CatalogClient")
        async with c.producer("media.uploaded") as p:
            await p.send({"guid": a["guid"], "upload": up})
            p.log.info(f"media.uploaded {a['guid']} (from {up})", logger="BusService")
        return 202, {"guid": a["guid"]}

    @api.http("GET /episodes/{guid}")
    async def status(c, b):
        guid = b["_route"].split("/")[-1]
        st, a = await c.call("catalog", "GET /episodes/" + guid)
        c.log.debug(f"{guid} is {a['state']}", logger="EpisodesController", incoming=True)
        return 200, a

    @api.http("PATCH /episodes/{guid}")
    async def edit(c, b):
        guid = b["_route"].split("/")[-1]
        c.log.info(f"Editing {guid}: title", logger="EpisodesController", incoming=True)
        st, a = await c.call("catalog", "PATCH /episodes/" + guid, {"title": b["title"]})
        return st, a

    @api.http("DELETE /episodes/{guid}")
    async def remove(c, b):
        guid = b["_route"].split("/")[-1]
        async with c.client("catalog", "DELETE /episodes/" + guid) as k:
            st, a = await k.send()
            if st != 204: k.log.warning(f"catalog refuses to delete {guid}: {st}", logger="CatalogClient")
            else: k.log.info(f"catalog -> {st}", logger="CatalogClient")
        return st, a

    @api.consumer("episode.live")
    async def creator(c, m):
        await c.work(3)
        async with c.span("POST creator webhook", "CLIENT") as s:
            for i in range(3):
                await s.work(120, 0.6)
                if s.rng.random() > 0.12: break
                s.log.warning(f"webhook of {m.body['show']} answered 500, attempt {i + 1}", logger="WebhookService")
                await sleep(250)
            s.log.info(f"webhook episode.live {m.body['guid']} delivered", logger="WebhookService")
    api.noise(6, lambda l: l.debug(f"heap {w.rng.randrange(80, 220)} MB", logger="TerminusLogger"))

    # ---------- ingest
    @ing.consumer("media.uploaded", retries=2, retry_ms=400)
    async def probe(c, m):
        b = m.body
        c.log.info("got upload", logger="ingest", guid=b["guid"], upload=b["upload"], attempt=m.attempt, incoming=True)
        async with c.span("s3 GetObject", "CLIENT") as s:
            await s.work(70)
            if s.rng.random() < 0.06 and m.attempt == 1:
                s.log.warn("slow down", logger="s3", key=b["upload"])
                raise Exception("slow down")
        async with c.span("ffprobe") as s:
            await s.work(90)
            sec = s.rng.randrange(600, 5400)
            bad = s.rng.random() < 0.04
            s.log.debug("probed", logger="probe", format="wav" if sec % 2 else "m4a", seconds=sec, streams=0 if bad else 1)
        if bad:
            async with c.producer("media.rejected") as p:
                await p.send({"guid": b["guid"], "why": "no audio stream"})
                p.log.error("rejected", logger="ingest", guid=b["guid"], why="no audio stream")
            return
        kinds = c.rng.sample(RENDITIONS, c.rng.choice([1, 2, 2, 3]))
        joins[b["guid"]] = {"want": set(kinds) | {"speech"}, "ctx": [], "sec": sec}
        for k in kinds:
            await c.publish("encode.todo", {"guid": b["guid"], "as": k, "sec": sec}, producer_span=False)
        async with c.producer("speech.todo") as p:
            await p.send({"guid": b["guid"], "sec": sec})
        c.log.info("fanned out", logger="ingest", guid=b["guid"], renditions=len(kinds), took=f"{c.elapsed_ms():.0f}ms")

    async def arrived(c, guid, what):
        j = joins[guid]
        j["want"].discard(what)
        j["ctx"].append(c)
        await c.work(1.5)
        c.log.debug("part ready", logger="join", guid=guid, part=what, left=len(j["want"]), incoming=True)
        if j["want"]: return
        for o in j["ctx"][:-1]: c.link(o)
        async with c.producer("media.ready") as p:
            await p.send({"guid": guid, "sec": j["sec"]})
            p.log.info("media ready", logger="join", guid=guid)

    @ing.consumer("encode.done")
    async def encoded(c, m): await arrived(c, m.body["guid"], m.body["as"])

    @ing.consumer("speech.done")
    async def spoken(c, m): await arrived(c, m.body["guid"], "speech")
    ing.noise(5, lambda l: l.debug("scratch disk", logger="disk", used=f"{w.rng.randrange(20, 80)}%"))

    # ---------- transcoder
    @enc.consumer("encode.todo", retries=2, retry_ms=600, concurrency=8)
    async def encode(c, m):
        b = m.body
        job = f"{c.rng.getrandbits(32):08x}-{c.rng.getrandbits(16):04x}"
        if m.attempt == 1: c.log.info(f"Task transcoder.tasks.encode[{job}] received", thread="MainProcess", incoming=True)
        async with c.span("ffmpeg") as s:
            await s.work(b["sec"] / 4, 0.3)
            if s.rng.random() < 0.04 and m.attempt < 3:
                s.log.warning(f"ffmpeg exited 137 on {b['guid']} {b['as']}")
                raise Exception("oom")
            s.log.debug(f"{b['guid']} {b['as']} speed={s.rng.randrange(30, 90)}x")
        if b["as"] == "mp3-128":
            async with c.span("loudnorm") as s:
                await s.work(120)
                s.log.debug(f"loudness {b['guid']}: I={-16 + s.rng.gauss(0, 2):.1f} LUFS")
        await c.work(55)
        c.log.debug(f"PUT renditions/{b['guid']}.{b['as'].split('-')[0]} 200")
        await c.publish("encode.done", {"guid": b["guid"], "as": b["as"]}, producer_span=False)
        c.log.info(f"Task transcoder.tasks.encode[{job}] succeeded in {c.elapsed_ms() / 1000:.6f}s: '{b['guid']}/{b['as']}'")
    enc.noise(5, lambda l: l.info("sync with celery@enc-2", thread="MainProcess"))

    # ---------- speech
    @speech.consumer("speech.todo", concurrency=4)
    async def transcribe(c, m):
        g = m.body["guid"]
        c.log.info(f"Transcribing {g} ({m.body['sec'] // 60} min)", logger="speech.worker:run:33", incoming=True)
        chunks = c.rng.randrange(1, 4)
        async def chunk(i):
            async with c.span("whisper chunk") as s:
                await s.work(420)
                s.log.debug(f"{g} chunk {i}/{chunks}: {s.rng.randrange(300, 1500)} words", logger="speech.asr:decode:90")
        await asyncio.gather(*[chunk(i + 1) for i in range(chunks)])
        await c.work(20)
        async with c.producer("speech.done") as p:
            await p.send({"guid": g})
            p.log.info(f"Transcript of {g} is ready", logger="speech.worker:run:52")
    speech.noise(7, lambda l: l.debug(f"gpu0 {w.rng.randrange(40, 80)}C", logger="speech.gpu:watch:12"))

    # ---------- catalog
    async def live(c, e, why):
        e["state"] = "live"
        async with c.span("xtdb submit-tx", "CLIENT") as d:
            await d.work(9)
            d.log.debug(f"submit-tx [[:put {{:xt/id \"{e['guid']}\" :state :live}}]]", logger="catalog.db:31")
        async with c.producer("episode.live") as p:
            await p.send({"guid": e["guid"], "show": e["show"], "why": why})
            p.log.info(f"episode {e['guid']} of {e['show']} live ({why})", logger="catalog.publish:58")

    @cat.http("POST /episodes")
    async def create(c, b):
        guid = f"ep-{nxt('ep', 3)}"
        w.eps[guid] = {"guid": guid, "show": b["show"], "state": "processing", "publish": b["publish"]}
        async with c.span("xtdb submit-tx", "CLIENT") as d:
            await d.work(8)
        c.log.info(f"episode {guid} created, show {b['show']}, publish {b['publish']}", logger="catalog.api:22", incoming=True)
        return 201, {"guid": guid}

    @cat.http("GET /episodes/{guid}")
    async def get(c, b):
        async with c.span("xtdb q", "CLIENT") as d:
            await d.work(4)
            d.log.debug("q {:find [?e] :in [?guid]}", logger="catalog.db:44")
        return 200, {"state": w.eps[b["_route"].split("/")[-1]]["state"]}

    @cat.http("PATCH /episodes/{guid}")
    async def patch(c, b):
        e = w.eps[b["_route"].split("/")[-1]]
        async with c.span("xtdb submit-tx", "CLIENT") as d:
            await d.work(8)
            d.log.debug(f"submit-tx [[:put {{:xt/id \"{e['guid']}\" :title ...}}]]", logger="catalog.db:31")
        if e["state"] == "live":
            async with c.producer("episode.changed") as p:
                await p.send({"guid": e["guid"], "show": e["show"], "why": "edited"})
        c.log.info(f"{e['guid']} renamed to {json.dumps(b['title'])}", logger="catalog.api:41", incoming=True)
        return 200, {}

    @cat.http("DELETE /episodes/{guid}")
    async def delete(c, b):
        e = w.eps[b["_route"].split("/")[-1]]
        if e["state"] == "processing":
            c.log.warn(f"{e['guid']} still processing, not deleted", logger="catalog.api:60", incoming=True)
            return 409, {}
        e["state"] = "gone"
        await c.work(7)
        async with c.producer("episode.changed") as p:
            p.log.info(f"retracting {e['guid']}", logger="catalog.publish:71")
            await p.send({"guid": e["guid"], "show": e["show"], "why": "deleted"})
        return 204, {}

    @cat.consumer("media.ready")
    async def ready(c, m):
        e = w.eps[m.body["guid"]]
        await c.work(4)
        if e["publish"] == "now":
            return await live(c, e, "immediately")
        e["state"] = "scheduled"
        planned.append((e, c))
        c.log.info(f"{e['guid']} waits for its hour, {m.body['sec']} s of audio", logger="catalog.consumers:30", incoming=True)

    @cat.consumer("media.rejected")
    async def rejected(c, m):
        await c.work(3)
        w.eps[m.body["guid"]]["state"] = "rejected"
        c.log.warn(f"{m.body['guid']} rejected: {m.body['why']}", logger="catalog.consumers:41", incoming=True)

    @cat.every(7, first=5)
    async def release_scheduled(c):
        due, planned[:] = planned[:3], planned[3:]
        c.log.info(f"release job: {len(due)} due", logger="catalog.cron:15")
        for e, o in due:
            c.link(o)
            await live(c, e, "scheduled")
    cat.noise(8, lambda l: l.debug("tx-log lag 0", logger="catalog.db:90"))

    # ---------- feeds
    async def rebuild(c, show, guid):
        no = nxt("build")
        async with c.span("render rss") as s:
            await s.work(55)
            s.log.debug("Rendered feed", logger="feed", build=no, items=s.rng.randrange(3, 400))
        async with c.span("s3 PutObject", "CLIENT") as s:
            await s.work(40)
            s.log.info("Stored", logger="flysystem", path=f"rss/{show}.xml")
        async with c.producer("feed.rebuilt") as p:
            await p.send({"show": show, "build": no, "guid": guid})
            p.log.info("Sending message FeedRebuilt with RedisTransport", logger="messenger", build=no)

    def on(topic):
        @feeds.consumer(topic, retries=1, retry_ms=500, concurrency=3)
        async def changed(c, m):
            b = m.body
            c.log.info(f"Received message {'EpisodeLive' if topic == 'episode.live' else 'EpisodeChanged'}", logger="messenger", id=m.id, incoming=True)
            async with c.client("catalog", "GET /episodes/" + b["guid"]) as k:
                await k.send()
                k.log.debug(f"Response: \"200 http://catalog/episodes/{b['guid']}\"", logger="http_client")
            await c.work(3)
            await rebuild(c, b["show"], b["guid"])
    on("episode.live"); on("episode.changed")
    feeds.noise(7, lambda l: l.debug("Worker memory", logger="messenger", mb=w.rng.randrange(40, 90)))

    # ---------- cdn
    @cdn.consumer("feed.rebuilt")
    async def purge(c, m):
        keys = ["rss/" + m.body["show"], "ep/" + m.body["guid"]]
        await c.work(2)
        async def one(pop):
            async with c.span("PURGE " + pop, "CLIENT") as s:
                await s.work(45, 0.6)
                if pop != "iad": s.log.debug(f"{pop}: {keys[0]} gone", logger="api")
        await asyncio.gather(*[one(p) for p in ("fra", "iad")])
        c.log.info(f"purged {keys[0]} + {keys[1]} in {c.elapsed_ms():.0f} ms", logger="worker", incoming=True)
        async with c.producer("cdn.purged") as p:
            await p.send(m.body)
    cdn.noise(9, lambda l: l.info("token valid for 3211s", logger="auth"))

    # ---------- pinger: directories
    @ping.consumer("cdn.purged")
    async def tell(c, m):
        await c.work(2)
        dirs = ["podping", "apple", "websub"][:c.rng.randrange(1, 4)]
        for d in dirs:
            async with c.span("ping " + d, "CLIENT") as s:
                await s.work(110, 0.5)
                ok = s.rng.random() > 0.06
                s.log("INFO" if ok else "WARN", "ping" if ok else "ping failed", to=d, feed=m.body["show"], ms=round(s.elapsed_ms()))
        c.log.info("ok", feed=m.body["show"], build=m.body["build"], incoming=True)

    @ping.consumer("media.rejected")
    async def sorry(c, m):
        await c.work(25)
        c.log.info("mail to creator", ep=m.body["guid"])

    # ---------- stats: downloads with stitched ads
    @stats.http("GET /d/{guid}")
    async def download(c, b):
        guid = b["_route"].split("/")[-1]
        async with c.span("pick ads") as s:
            await s.work(12)
            n_ = s.rng.choice([0, 1, 2, 2])
            s.log.debug("stitched", logger="c.p.AdDecider", episode=guid, slots=n_)
        if n_:
            async with c.producer("ad.served") as p:
                await p.send({"guid": guid, "ads": [f"CMP-{c.rng.randrange(100, 180)}" for _ in range(n_)]})
        hits.append(guid)
        c.log.info("redirect", logger="c.p.DownloadController", episode=guid, status=302, incoming=True)
        return 302, {}

    @stats.consumer("ad.served")
    async def impression(c, m):
        await c.work(2)
        for a in m.body["ads"]: c.log.info("impression", logger="c.p.Impressions", campaign=a, episode=m.body["guid"], incoming=a == m.body["ads"][0])
        async with c.span("clickhouse insert", "CLIENT") as d:
            await d.work(6)
            d.log.debug("insert into impressions", logger="c.p.Ch", rows=len(m.body["ads"]))

    @stats.every(9, first=6)
    async def roll_up(c):
        rows, hits[:] = list(hits), []
        c.log.info("roll-up started", logger="c.p.RollUp", hits=len(rows))
        for g in sorted(set(rows))[:5]:
            async with c.span("clickhouse insert", "CLIENT") as d:
                await d.work(9)
                d.log.debug("downloads", logger="c.p.RollUp", episode=g, count=rows.count(g))
        c.log.info("roll-up done", logger="c.p.RollUp", ms=int(c.elapsed_ms()))
    stats.noise(6, lambda l: l.debug("pool", logger="c.z.h.HikariPool", active=1, idle=9))


async def load(w):
    r = w.rng
    words = ["Night", "Signals", "The Long", "Kitchen", "Row", "Under", "Harbour", "Talk"]
    async def one(i):
        known = [g for g, e in w.eps.items() if e["state"] == "live"]
        x = r.random()
        if known and x < 0.4:
            g = r.choice(known)
            return await w.start("edge", f"GET /d/{g}")
        if known and x < 0.5: return await w.start("edge", f"PATCH /episodes/{r.choice(known)}", {"title": " ".join(r.sample(words, 2))})
        if known and x < 0.55: return await w.start("edge", f"DELETE /episodes/{r.choice(list(w.eps))}")
        st, a = await w.start("edge", f"POST /shows/{r.choice(['nightline', 'softdesk', 'oddments', 'rowhouse', 'tidewater'])}/uploads")
        for _ in range(r.randrange(1, 4)):
            await sleep(r.uniform(50, 300))
            await w.start("edge", f"PUT /uploads/{a['upload']}/parts")
        st, e = await w.start("edge", f"POST /uploads/{a['upload']}/complete", {"title": " ".join(r.sample(words, 2)), "publish": r.choice(["now", "now", "later"])})
        for _ in range(r.choice([0, 0, 1, 2])):
            await sleep(r.uniform(700, 2500))
            await w.start("edge", f"GET /episodes/{e['guid']}")
    await arrivals(w, 68, 2, one)
    await sleep(6000)

record(build, load, "j_podcast")
