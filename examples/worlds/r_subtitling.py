"""A subtitling house: films are probed and cut into chunks, recognised side by side, joined into cues, proofread by people who claim tasks,
translated into several languages at once, packaged and sent home by webhooks with retries; clients poll, amend and cancel; old media is swept."""
import json
from world import *

def milli(r): return r.time.microsecond // 1000

def envoy(r):                 # ingress: Envoy's text access log
    f = r.fields
    if "path" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{milli(r):03d}][{r.pid}][{r.level.lower()}][upstream] {r.message}"
    ids = f'"{r.trace_id}" "{r.span_id}"' if r.trace_id else '"-" "-"'
    return f"[{isoz(r)}] \"{f['verb']} {f['path']} HTTP/1.1\" {f['st']} - {f['inb']} {f['out']} {f['ms']} {max(f['ms'] - 1, 0)} \"{f['ip']}\" \"{f['ua']}\" {ids} \"{f['to']}:8080\""

def gcp(r):                   # jobs: Spring Boot on GCP, severity json
    d = {"severity": r.level.replace("WARN", "WARNING"), "timestampSeconds": r.ns // NS, "timestampNanos": r.ns % NS, "logger": r.logger, "thread": r.thread if isinstance(r.thread, str) else f"http-nio-8080-exec-{r.thread}", "message": r.message}
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/subs-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d | r.fields, separators=(",", ":"))

def gst(r):                   # probe: python with %(name)s
    ids = f" | {r.trace_id} {r.span_id}" if r.trace_id else " | - -"
    if r.incoming_parent: ids += f" {r.incoming_parent}"
    return f"{r.time:%m-%d %H:%M:%S}.{milli(r):03d} {r.level[0]} {r.logger:<12} {r.message}{ids}"

def tracing(r):               # asr: rust, tracing-subscriber's full format
    q = lambda v: json.dumps(v) if isinstance(v, str) else v
    ids = f"{{trace_id={r.trace_id} span_id={r.span_id}{' parent_id=' + r.incoming_parent if r.incoming_parent else ''}}}: " if r.trace_id else ": "
    return f"{isoz(r, 6)} {r.level:>5} transcribe{ids}{r.logger}: {r.message}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())

def zio(r):                   # cues: Scala, ZIO's logfmt
    q = lambda v: json.dumps(v) if isinstance(v, str) and " " in v else v
    s = f"timestamp={r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}Z level={r.level} thread=zio-fiber-{r.thread * 131 + 17} message={json.dumps(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" caller_span={r.incoming_parent}" if r.incoming_parent else "")

def dropwizard(r):            # desk: Dropwizard
    ids = f" [t:{r.trace_id} s:{r.span_id}]" if r.trace_id else " [t: s:]"
    if r.incoming_parent: ids = ids[:-1] + f" p:{r.incoming_parent}]"
    return f"{r.level:<5} [{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d}]{ids} {r.logger}: {r.message}"

def tinylog(r):               # mt: java, tinylog
    ids = f" <{r.trace_id}|{r.span_id}>" if r.trace_id else " <|>"
    if r.incoming_parent: ids = ids[:-1] + f"|{r.incoming_parent}>"
    return f"{r.time:%Y-%m-%d %H:%M:%S} [grpc-default-executor-{r.thread}] {r.logger}{ids}\n{r.level}: {r.message}"

def integration(r):           # packager: Spring Integration, log4j2 pattern
    ids = f"{r.trace_id},{r.span_id}" if r.trace_id else ","
    if r.incoming_parent: ids += f",{r.incoming_parent}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{milli(r):03d}+0000 {r.level} [{ids}] task-scheduler-{r.thread} {r.logger} - {r.message}"

def zcons(r):                 # courier: go, zap's console encoder
    f = dict(r.fields)
    if r.trace_id: f |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f"{isoz(r)}\t{r.level.lower()}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(f) if f else "")


def build(w):
    w.network_ms, w.broker_ms = 0.8, 12
    L = "tv.lesbar."
    n = {"job": 5520, "off": 3300}
    def nxt(k, step=1):
        n[k] += step
        return n[k]
    w.new_message_id = lambda: f"{w.ids.randrange(10 ** 15, 10 ** 16)}"
    ing = w.service("ingress", envoy)
    jobs = w.service("jobs", gcp, errors=lambda c, e: c.log.error(f"Exception thrown by subscriber: {e}", logger="com.google.cloud.pubsub.v1.MessageDispatcher"))
    probe = w.service("probe", gst, errors=lambda c, e: c.log.error(f"job crashed: {e}\nTraceback (most recent call last):\n  File \"/app/probe/worker.py\", line 71, in loop\n    run(job)\nOSError: {e}", logger="worker"))
    asr = w.service("asr", tracing, errors=lambda c, e: c.log.error("chunk failed", logger="asr::worker", error=str(e)))
    cues = w.service("cues", zio, errors=lambda c, e: c.log.error("An unhandled error was produced.", cause=f"Exception in thread zio-fiber java.lang.RuntimeException: {e}"))
    desk = w.service("desk", dropwizard, errors=lambda c, e: c.log.error(f"Error handling a message (id {c.rng.getrandbits(64):016x})\n! java.lang.IllegalStateException: {e}\n! at tv.lesbar.desk.bus.TaskListener.accept(TaskListener.java:48)", logger=L + "desk.bus.TaskListener"))
    mt = w.service("mt", tinylog, errors=lambda c, e: c.log.error(f"io.grpc.StatusRuntimeException: INTERNAL: {e}", logger="Translator.run()"))
    pack = w.service("packager", integration, errors=lambda c, e: c.log.error(f"org.springframework.messaging.MessageHandlingException: error occurred in message handler [packHandler]; nested exception is java.io.IOException: {e}", logger="o.s.i.handler.LoggingHandler"))
    cou = w.service("courier", zcons, errors=lambda c, e: c.log.error("handler returned error", logger="sub", error=str(e)))
    w.jobs, chunks, langs_left, open_tasks, old = {}, {}, {}, {}, []

    @ing.http("ANY *")
    async def proxy(c, b):
        verb, path = b["_route"].split(" ")
        to = "desk" if path.startswith("/tasks") else "jobs"
        s, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=c.rng.random() < 0.5)
        c.log.info("", verb=verb, path=path, st=s, inb=c.rng.randrange(900), out=c.rng.randrange(60, 2000), ms=int(c.elapsed_ms()), ip=f"198.51.100.{c.rng.randrange(250)}", ua=c.rng.choice(["lesbar-sdk/3.1 (java)", "python-requests/2.31.0"]), to=f"10.8.{len(to)}.{c.rng.randrange(2, 5)}")
        return s, a

    # ------------------------------------------------------------ jobs (Spring, PubSub, R2DBC)
    async def r2(c, sql, ms=4):
        async with c.span("r2dbc " + sql.split(" ")[0], "CLIENT") as d:
            if sql[0] != "S": d.log.debug(f"Executing SQL statement [{sql}]", logger="o.s.r2dbc.core.DefaultDatabaseClient")
            await d.work(ms)

    @jobs.http("POST /v2/jobs")
    async def submit(c, b):
        j = f"job-{nxt('job', 3):x}{c.rng.getrandbits(12):03x}"
        w.jobs[j] = {"job": j, "src": b["src"], "langs": b["langs"], "state": "QUEUED", "hook": b["hook"], "min": b["min"]}
        await r2(c, "INSERT INTO jobs (id, source_uri, target_langs, state) VALUES ($1, $2, $3, $4)")
        async with c.producer("media.new") as p:
            mid = await p.send(w.jobs[j])
            p.log.debug(f"Published message {mid} to projects/subs-prod/topics/media.new", logger=L + "jobs.Publisher", jobId=j)
        c.log.info(f"Job {j} accepted: {b['src']} -> [{', '.join(b['langs'])}]", logger=L + "jobs.JobController", jobId=j, customer=b["customer"], incoming=True)
        return 202, {"job": j}

    @jobs.http("GET /v2/jobs/{id}")
    async def state(c, b):
        j = b["_route"].split("/")[-1]
        await r2(c, "SELECT state FROM jobs WHERE id = $1", 2)
        if c.rng.random() < 0.5: c.log.debug(f"Job {j} is {w.jobs[j]['state']}", logger=L + "jobs.JobController", jobId=j, incoming=True)
        return 200, {"state": w.jobs[j]["state"]}

    @jobs.http("DELETE /v2/jobs/{id}")
    async def cancel(c, b):
        j = b["_route"].split("/")[-1]
        if w.jobs[j]["state"] in ("DONE", "CANCELLED"): 
            c.log.warning(f"Job {j} cannot be cancelled any more", logger=L + "jobs.JobController", jobId=j, incoming=True)
            return 409, {}
        w.jobs[j]["state"] = "CANCELLED"
        await r2(c, "UPDATE jobs SET state = $2 WHERE id = $1")
        await c.publish("job.cancelled", {"job": j})
        c.log.info(f"Job {j} cancelled", logger=L + "jobs.JobController", jobId=j, incoming=True)
        return 204, {}

    @jobs.http("POST /v2/jobs/{id}/edits")
    async def edit(c, b):
        j = b["_route"].split("/")[3]
        c.log.info(f"{len(b['cues'])} edit(s) for {j}/{b['lang']}", logger=L + "jobs.EditController", jobId=j, incoming=True)
        async with c.client("cues", f"PATCH /tracks/{j}/{b['lang']}") as k:
            k.log.debug(f"HTTP PATCH http://cues/tracks/{j}/{b['lang']}", logger="o.s.w.r.f.client.ExchangeFunctions")
            s, a = await k.send({"cues": b["cues"]})
            k.log.debug(f"Response {s} {'OK' if s == 200 else 'NOT_FOUND'}", logger="o.s.w.r.f.client.ExchangeFunctions")
        if s == 200: await c.publish("track.ready", {"job": j, "lang": b["lang"], "rev": a["rev"]})
        return s, a

    @jobs.consumer("track.packaged", retries=2)
    async def track_done(c, m):
        x, T = m.body, f"gcp-pubsub-subscriber{c.thread}"
        await r2(c, "UPDATE tracks SET uri = $3 WHERE job_id = $1 AND lang = $2", 5)
        left = langs_left.setdefault(x["job"], set(w.jobs[x["job"]]["langs"]))
        left.discard(x["lang"])
        c.log.info(f"Track {x['lang']} of {x['job']} done, {len(left)} to go", logger=L + "jobs.TrackListener", thread=T, jobId=x["job"], incoming=True)
        if left or w.jobs[x["job"]]["state"] in ("DONE", "CANCELLED"): return
        w.jobs[x["job"]]["state"] = "DONE"
        old.append((c, x["job"]))
        async with c.producer("job.completed") as p:
            await p.send({"job": x["job"], "hook": w.jobs[x["job"]]["hook"]})
            p.log.info(f"Job {x['job']} COMPLETED", logger=L + "jobs.TrackListener", thread=T, jobId=x["job"])

    @jobs.consumer("delivery.dead")
    async def dead(c, m):
        await c.work(4)
        c.log.error(f"Customer of {m.body['job']} could not be told, giving up", logger=L + "jobs.DeadLetterListener", thread="gcp-pubsub-subscriber1", jobId=m.body["job"], incoming=True)

    @jobs.consumer("media.rejected")
    async def rejected(c, m):
        w.jobs[m.body["job"]]["state"] = "FAILED"
        await r2(c, "UPDATE jobs SET state = $2 WHERE id = $1", 4)

    @jobs.every(8, first=10)
    async def retention_sweep(c):
        rows, old[:] = old[:8], old[8:]
        if not rows: return
        c.log.info(f"Retention sweep: {len(rows)} job(s) to purge", logger=L + "jobs.RetentionJob", thread="scheduling-1")
        for k, j in rows:
            c.link(k)
            async with c.span("gcs delete", "CLIENT") as d:
                await d.work(22)
                d.log.debug(f"Deleted gs://lesbar-media/{j}/audio.flac", logger=L + "jobs.RetentionJob", thread="scheduling-1")
        c.log.info(f"Retention sweep finished in {c.elapsed_ms():.0f} ms", logger=L + "jobs.RetentionJob", thread="scheduling-1")
    jobs.noise(4, lambda log: log.debug(f"ConnectionPool idle={w.rng.randrange(8)} acquired={w.rng.randrange(3)} pending=0", logger="io.r2dbc.pool.ConnectionPool", thread="parallel-1"))

    # ------------------------------------------------------------ probe
    @probe.consumer("media.new", concurrency=7)
    async def look(c, m):
        x = m.body
        c.log.info("got %s" % x["src"], logger="worker", incoming=True)
        async with c.span("ffprobe") as s:
            await s.work(110)
            s.log.debug("Duration: 00:%02d:%02d.00, bitrate: %d kb/s" % (x["min"], s.rng.randrange(60), s.rng.randrange(800, 9000)), logger="ffprobe")
        if c.rng.random() < 0.04:
            c.log.error("no audio stream in %s, rejecting %s" % (x["src"], x["job"]), logger="worker")
            await c.publish("media.rejected", {"job": x["job"]})
            return
        async with c.span("ffmpeg extract") as s:
            await s.work(320, 0.5)
        k = max(2, x["min"] // 12)
        chunks[x["job"]] = {"want": k, "got": {}}
        for i in range(k):
            async with c.producer("audio.chunk") as p:
                await p.send({"job": x["job"], "i": i, "of": k, "uri": f"gs://lesbar-media/{x['job']}/{i:03d}.flac"})
                if c.rng.random() < 0.8: p.log.debug("chunk %d/%d up" % (i + 1, k), logger="upload")
        c.log.info("%s: %d chunks, %.1fs" % (x["job"], k, c.elapsed_ms() / 1000), logger="worker")
    probe.noise(7, lambda log: log.debug("disk /scratch %d%% used" % w.rng.randrange(20, 80), logger="janitor"))

    # ------------------------------------------------------------ asr
    @asr.consumer("audio.chunk", retries=3, retry_ms=300, concurrency=10)
    async def hear(c, m):
        x = m.body
        if w.jobs[x["job"]]["state"] == "CANCELLED":
            c.log.info("skipping chunk of cancelled job", logger="asr::worker", job=x["job"], chunk=x["i"])
            return
        await c.work(35)
        async with c.span("decode") as s:
            await s.work(380, 0.45)
            if s.rng.random() < 0.04 and m.attempt < 4:
                s.log.warning("CUDA out of memory, giving chunk back", logger="asr::gpu", uri=x["uri"], attempt=m.attempt)
                raise Exception("oom")
            words = s.rng.randrange(200, 1900)
        c.log.info("transcribed", logger="asr::worker", uri=x["uri"], words=words, rtf=round(c.elapsed_ms() / 9000, 4), incoming=True)
        await c.publish("chunk.text", {"job": x["job"], "i": x["i"], "words": words}, producer_span=False)
    asr.noise(6, lambda log: log.debug("gpu", logger="asr::gpu", util=w.rng.randrange(100), mem_mb=w.rng.randrange(4000, 22000)))

    # ------------------------------------------------------------ cues (join)
    @cues.consumer("chunk.text")
    async def join(c, m):
        x = m.body
        g = chunks[x["job"]]
        g["got"][x["i"]] = x["words"]
        await c.work(1)
        c.log.debug(f"chunk {x['i']} in ({len(g['got'])} of {g['want']})", jobId=x["job"], incoming=True)
        if len(g["got"]) < g["want"] or g.get("done"): return
        g["done"] = True
        async with c.span("align") as s:
            await s.work(150)
            count = sum(g["got"].values()) // 7
            s.log.info("Aligned transcript", jobId=x["job"], cues=count, took=f"{s.elapsed_ms():.0f}ms")
        async with c.producer("proofread.wanted") as p: await p.send({"job": x["job"], "cues": count})

    @cues.http("PATCH /tracks/{job}/{lang}")
    async def patch(c, b):
        _, _, j, lang = b["_route"].split("/")
        async with c.span("UPDATE cue", "CLIENT") as s:
            await s.work(8)
            s.log.debug("update cue set text = ? where track = ? and no = ?", rows=len(b["cues"]))
        rev = c.rng.randrange(2, 9)
        c.log.info("Track edited", track=f"{j}/{lang}", rev=rev, incoming=True)
        return 200, {"rev": rev}

    @cues.consumer("track.translated")
    async def fit(c, m):
        x = m.body
        async with c.span("reading speed") as s:
            await s.work(60)
            bad = s.rng.randrange(0, 30)
            if bad > 20: s.log.warning("Reading speed too high, cues split", track=f"{x['job']}/{x['lang']}", splits=bad)
        await c.publish("track.ready", {"job": x["job"], "lang": x["lang"], "rev": 1}, producer_span=False)
        c.log.info("Track fitted", track=f"{x['job']}/{x['lang']}")
    cues.noise(8, lambda log: log.debug("fiber dump skipped"))

    # ------------------------------------------------------------ desk (people)
    @desk.consumer("proofread.wanted")
    async def task(c, m):
        t = f"PT{c.rng.randrange(10 ** 6):06d}"
        async with c.span("INSERT task", "CLIENT") as d: await d.work(5)
        fut = w.loop.create_future()
        open_tasks[t] = fut
        c.log.info(f"Task {t} opened: proofread {m.body['cues']} cues of {m.body['job']}", logger=L + "desk.bus.TaskListener", incoming=True)
        c.spawn(escalate(c, t, m.body))

    async def escalate(c, t, x):
        try: who = await asyncio.wait_for(open_tasks[t], 4 + 3 * c.rng.random())
        except asyncio.TimeoutError:
            c.log.warning(f"Task {t} not claimed in time, machine text goes out for {x['job']}", logger=L + "desk.Escalation")
            who = None
            open_tasks.pop(t, None)
        async with c.producer("transcript.approved") as p:
            p.log.debug(f"transcript.approved for {x['job']}", logger=L + "desk.bus.Sender")
            await p.send({"job": x["job"], "by": who})

    @desk.http("POST /tasks/next")
    async def claim(c, b):
        if not open_tasks:
            return 204, {}
        t = next(iter(open_tasks))
        fut = open_tasks.pop(t)
        async with c.span("UPDATE task", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"UPDATE task SET assignee = '{b['who']}' WHERE task_no = '{t}' AND assignee IS NULL", logger="org.jdbi.v3.core.SqlLogger")
        c.log.info(f"{t} claimed by {b['who']}", logger=L + "desk.resources.TaskResource", incoming=True)
        async def works():
            await sleep(c.rng.uniform(300, 2500))
            if not fut.done(): fut.set_result(b["who"])
        c.spawn(works())
        return 200, {"task": t}

    @desk.consumer("job.cancelled")
    async def drop(c, m):
        await c.work(3)
        c.log.info(f"Tasks of {m.body['job']} withdrawn", logger=L + "desk.bus.TaskListener", incoming=True)
    desk.noise(9, lambda log: log.info('10.8.0.1 - - "GET /healthcheck HTTP/1.1" 200 112 "-" "GoogleHC/1.0" 2', logger="http.request"))

    # ------------------------------------------------------------ mt
    @mt.consumer("transcript.approved")
    async def fan(c, m):
        x = w.jobs[m.body["job"]]
        if x["state"] == "CANCELLED":
            c.log.info(f"{x['job']} cancelled, nothing to translate", logger="Translator.run()", incoming=True)
            return
        x["state"] = "TRANSLATING"
        c.log.info(f"Translating {x['job']} into {', '.join(x['langs'])}", logger="Translator.run()", incoming=True)
        async def one(lang):
            async with c.client("mt", "POST /lesbar.mt.Engine/Translate") as k:
                s, _ = await k.send({"job": x["job"], "lang": lang})
                if s != 200:
                    k.log.warning(f"{lang}: UNAVAILABLE, retrying once", logger="Translator.call()")
                    await sleep(250)
                    s, _ = await k.send({"job": x["job"], "lang": lang})
            await c.publish("track.translated", {"job": x["job"], "lang": lang}, producer_span=False)
        await asyncio.gather(*(one(l) for l in x["langs"]))
        c.log.debug(f"{len(x['langs'])} languages of {x['job']} in {c.elapsed_ms():.0f} ms", logger="Translator.run()")

    @mt.http("POST /lesbar.mt.Engine/Translate")
    async def engine(c, b):
        await c.work(260, 0.5)
        if c.rng.random() < 0.05: return 503, {}
        c.log.debug(f"{b['lang']} ok, {c.rng.randrange(200, 4000)} segments", logger="Engine.translate()")
        return 200, {}
    mt.noise(7, lambda log: log.debug("Model nllb-3.3B warm", logger="Models.touch()"))

    # ------------------------------------------------------------ packager
    @pack.consumer("track.ready", retries=1)
    async def wrap(c, m):
        x = m.body
        c.log.debug(f"preSend on channel 'bean 'packIn'', message: GenericMessage [payload=Track(job={x['job']}, lang={x['lang']}, rev={x['rev']}), headers={{id={c.rng.getrandbits(64):016x}, gcp_pubsub_id={m.id}}}]", logger="o.s.i.channel.DirectChannel", incoming=True)
        async def write(ext, ms):
            async with c.span("write " + ext) as s:
                await s.work(ms)
                if ext != "srt": s.log.debug(f"wrote {x['job']}.{x['lang']}.{ext}", logger="tv.lesbar.pack.Writers")
        await asyncio.gather(write("srt", 12), write("ttml", 40), write("stl", 25))
        async with c.span("gcs upload", "CLIENT") as s:
            await s.work(60)
            s.log.debug(f"PUT gs://lesbar-out/{x['job']}/{x['lang']}/ 3 objects", logger="tv.lesbar.pack.Gcs")
        await c.publish("track.packaged", {"job": x["job"], "lang": x["lang"]})
        c.log.info(f"Packaged {x['job']}/{x['lang']} r{x['rev']} ({c.elapsed_ms():.0f}ms)", logger="tv.lesbar.pack.PackHandler")

    # ------------------------------------------------------------ courier
    @cou.consumer("job.completed")
    async def deliver(c, m):
        x, did = m.body, f"dlv_{c.rng.getrandbits(48):012x}"
        c.log.info("delivery created", logger="sub", delivery=did, job=x["job"], url=x["hook"], incoming=True)
        for attempt in range(1, 5):
            async with c.span("POST webhook", "CLIENT") as k:
                await k.work(140, 0.6)
                code = 200 if k.rng.random() < 0.78 else k.rng.choice([502, 503, 504])
                if code == 200: k.log.info("delivered", logger="hook", delivery=did, attempt=attempt, ms=int(k.elapsed_ms()))
                else:
                    k.fail()
                    k.log.warning("non-2xx from customer", logger="hook", delivery=did, code=code, attempt=attempt, backoff=f"{2 ** attempt * 200}ms")
            if code == 200: return
            if attempt < 4: await sleep(2 ** attempt * 200)
        async with c.producer("delivery.dead") as p:
            await p.send({"job": x["job"]})
            p.log.error("delivery moved to dead letters", logger="sub", delivery=did)

    @cou.consumer("media.rejected")
    async def sorry(c, m):
        async with c.span("POST webhook", "CLIENT") as k: await k.work(120)
        c.log.info("failure notice delivered", logger="hook", job=m.body["job"], incoming=True)
    cou.noise(8, lambda log: log.debug("lease extended", logger="sub", msgs=w.rng.randrange(12)))


async def load(w):
    r = w.rng
    async def one(i):
        c = r.randrange(100, 130)
        s, a = await w.start("ingress", "POST /v2/jobs", {"src": f"gs://in-{c}/{r.choice(['ep', 'reel', 'film', 'doc'])}{r.getrandbits(20):05x}.mp4", "langs": r.sample(["de", "fr", "es", "pl", "nl", "sv", "ja"], r.randrange(1, 4)), "hook": f"https://c{c}.example/hooks/subs", "min": r.randrange(20, 60), "customer": c})
        j = a["job"]
        if i % 11 == 7:
            await sleep(r.uniform(300, 3000))
            await w.start("ingress", f"DELETE /v2/jobs/{j}")
        elif i % 3 == 0:
            for _ in range(4):
                await sleep(2600)
                _, st = await w.start("ingress", f"GET /v2/jobs/{j}")
                if st["state"] in ("DONE", "FAILED"): break
        if i % 7 == 1:
            await sleep(r.uniform(7000, 11000))
            if w.jobs[j]["state"] == "DONE": await w.start("ingress", f"POST /v2/jobs/{j}/edits", {"lang": w.jobs[j]["langs"][0], "cues": [r.randrange(900) for _ in range(r.randrange(1, 6))]})
    stop = []
    async def people():
        while not stop:
            await sleep(r.uniform(300, 1100))
            await w.start("ingress", "POST /tasks/next", {"who": r.choice(["ines", "bartek", "yuki", "olu"])})
    p = w._spawn(people())
    await arrivals(w, 58, 1.6, one)
    await sleep(6000)
    stop.append(1)
    await p
    await sleep(6000)

record(build, load, "r_subtitling")
