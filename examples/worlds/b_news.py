"""A newsroom: choreography after "publish", joins at the composer, purges in parallel, push alerts fanned out in batches and counted in again."""
import json
from world import *

def f_cms(r):                                   # Django "verbose"
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    tp = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{'WARNING' if r.level == 'WARN' else r.level} {r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.logger} {r.pid} {140200000000 + r.thread * 4096}{ids}{tp} {r.message}"

def f_wire(r):                                  # log4perl
    ids = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level}> {r.logger} -{ids} {r.message}"

def f_media(r):                                 # tracing-subscriber json
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message, **r.fields}, "target": f"media::{r.logger}"}
    if r.trace_id: d["span"] = {"trace_id": r.trace_id, "span_id": r.span_id, "name": "job"}
    if r.incoming_parent: d["span"]["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def f_tagger(r):                                # GCP structured
    d = {"severity": {"WARN": "WARNING"}.get(r.level, r.level), "time": isoz(r, 9), "message": r.message}
    d |= r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/gazette-prod/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id, "logging.googleapis.com/trace_sampled": True}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, ensure_ascii=False)

def f_composer(r):                              # winston printf
    ids = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    tp = f" (ctx {r.incoming})" if r.incoming else ""
    return f"{isoz(r)} [composer]{ids} {r.level.lower().replace('warning', 'warn')}: {r.message}{tp}" + (" " + json.dumps(r.fields) if r.fields else "")

def f_purge(r):                                 # zap production JSON
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 6), "logger": r.logger, "caller": f"purge/{r.logger}.go:{30 + len(r.message) % 90}", "msg": r.message, **r.fields}
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming_parent: d["parentSpanID"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def f_search(r):                                # Elasticsearch-like pattern
    ids = f" [t={r.trace_id} s={r.span_id}]" if r.trace_id else ""
    par = f" [p={r.incoming_parent}]" if r.incoming_parent else ""
    return f"[{r.time:%Y-%m-%dT%H:%M:%S},{r.time.microsecond // 1000:03d}][{r.level:<5}][{r.logger:<25.25}] [indexer-0]{ids}{par} {r.message}"

def f_alert(r):                                 # .NET console, one line, scopes
    lv = {"DEBUG": "dbug", "INFO": "info", "WARN": "warn", "ERROR": "fail"}[r.level]
    sc = f" => SpanId:{r.span_id}, TraceId:{r.trace_id}, ParentId:{r.incoming_parent or '0000000000000000'}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.ns % NS // 100:07d} {lv}: {r.logger}[{len(r.logger)}]{sc} {r.message}"

def f_pusher(r):                                # GELF
    d = {"version": "1.1", "host": "pusher-a", "short_message": r.message.split("\n")[0], "timestamp": round(r.ns / 1e9, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming_parent: d["_parent_span_id"] = r.incoming_parent
    return json.dumps(d | {"_" + k: v for k, v in r.fields.items()}, separators=(",", ":"))

def f_journal(r):                               # logrus text, whole seconds
    q = lambda v: json.dumps(v, ensure_ascii=False) if isinstance(v, str) and not v.isalnum() else v
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    lv = {"WARN": "warning"}.get(r.level, r.level.lower())
    return f'time="{isoz(r, 0)}" level={lv} msg={q(r.message)}' + "".join(f" {k}={q(v)}" for k, v in r.fields.items()) + ids + (f" traceparent={r.incoming}" if r.incoming else "")


def build(w):
    rng = w.rng
    w.broker_ms, w.network_ms = 25, 1.5
    w.new_message_id = lambda: str(w.ids.randrange(10**15, 10**16))
    cms = w.service("cms", f_cms, lambda c, e: c.log.error(f"Could not process event: {e}", logger="newsroom.bus"))
    wire = w.service("wire-feed", f_wire)
    media = w.service("media", f_media, lambda c, e: c.log.error("job dead-lettered", logger="worker", error=str(e)))
    tagger = w.service("tagger", f_tagger, lambda c, e: c.log.error(f"Traceback: RuntimeError: {e}"))
    comp = w.service("composer", f_composer, lambda c, e: c.log.error(f"💥 build blew up: {e}", stack="Error: x at build (/app/build.js:212:9)"))
    purge = w.service("cdn-purger", f_purge)
    search = w.service("search-indexer", f_search, lambda c, e: c.log.error(f"failed to apply event, skipping\njava.io.IOException: {e}\n\tat org.gazette.index.Applier.apply(Applier.java:91)", logger="o.g.i.Applier"))
    alert = w.service("alert-desk", f_alert, lambda c, e: c.log.error(f"Message abandoned. System.Exception: {e}", logger="Gazette.Alerts.Bus"))
    pusher = w.service("pusher", f_pusher, lambda c, e: c.log.error("batch lost", reason=str(e)))
    journal = w.service("journal", f_journal, lambda c, e: c.log.error("échec d'écriture", cause=str(e)))
    art, parts, campaigns = {}, {}, {}
    slugs = w.slugs = []
    nums = [rng.randrange(40000, 70000), rng.randrange(800, 900)]

    # ------------- the desk's CMS
    async def sql(ctx, text, ms, log=True):
        async with ctx.span(text.split()[0] + " " + {"UPDATE": text.split()[1]}.get(text.split()[0], text.split()[2]), "CLIENT") as q:
            await q.work(ms)
            if log: q.log.debug(f"({q.elapsed_ms() / 1000:.3f}) {text}; args=(...)", logger="django.db.backends")

    @cms.http("POST /drafts")
    async def draft(ctx, b):
        nums[0] += 1
        slug = f"{b['topic']}-{nums[0]}"
        art[slug] = {"v": 1, "prio": b["prio"], "pics": b["pics"], "id": nums[0]}
        await sql(ctx, "INSERT INTO newsroom_article VALUES (%s, %s, %s)", 5)
        ctx.log.info(f'"POST /drafts" 201 {ctx.rng.randrange(300, 900)} by {b["by"]}', logger="django.server", incoming=True)
        return 201, {"slug": slug}

    @cms.http("POST /articles/{slug}/publish")
    async def publish(ctx, b):
        slug = b["_route"].split("/")[2]
        a = art[slug]
        ctx.log.info(f"{b['by']} hits publish on {slug} (prio {a['prio']})", logger="newsroom.views", incoming=True)
        async with ctx.span("check embargo and rights") as s:
            await s.work(9)
            if ctx.rng.random() < .04:
                s.log.warning(f"embargo on {slug} still running, not published", logger="newsroom.rights")
                return 409, {}
            s.log.debug(f"no embargo, {a['pics']} picture right(s) ok", logger="newsroom.rights")
        await sql(ctx, "UPDATE newsroom_article SET state = 'live' WHERE id = %s", 4)
        async with ctx.producer("article.published") as p:
            mid = await p.send({"slug": slug, "id": a["id"], "v": a["v"], "prio": a["prio"], "pics": a["pics"]})
            p.log.info(f"event article.published for {slug} v{a['v']} sent, message {mid}", logger="newsroom.bus")
        slugs.append(slug)
        return 200, {"slug": slug}

    @cms.http("PUT /articles/{slug}")
    async def correct(ctx, b):
        slug = b["_route"].split("/")[2]
        art[slug]["v"] += 1
        await sql(ctx, "UPDATE newsroom_article SET body = %s WHERE id = %s", 6)
        await ctx.publish("article.corrected", {"slug": slug, "id": art[slug]["id"], "v": art[slug]["v"], "note": b["note"]})
        ctx.log.info(f"correction to {slug} is out, now v{art[slug]['v']}: {b['note']}", logger="newsroom.views", incoming=True)
        return 200, {}

    @cms.consumer("alert.finished")
    async def badge(ctx, m):
        await ctx.work(9)
        await sql(ctx, "UPDATE newsroom_article SET alerted = true WHERE id = %s", 3, log=ctx.rng.random() < .5)
        ctx.log.info(f"alert {m.body['alert']} reached {m.body['sent']} devices, badge set on article {m.body['id']}", logger="newsroom.bus", incoming=True)

    # ------------- agency wire, polled
    @wire.every(3)
    async def poll_agencies(ctx):
        ag = ctx.rng.choice(["AFP", "DPA", "Reuters"])
        async with ctx.span("GET feed " + ag, "CLIENT") as c:
            await c.work(80)
            n = ctx.rng.choice([0, 0, 1, 2, 3])
            c.log.debug(f"{ag}: HTTP 304" if not n else f"{ag}: HTTP 200, {n} new item(s)", logger="Feed::Poller")
        for k in range(n):
            async with ctx.client("cms", "POST /drafts") as c:
                st, a = await c.send({"topic": ctx.rng.choice(["politics", "sports", "world"]), "prio": 2, "pics": 1, "by": "wire:" + ag})
                c.log.info(f"urn:{ag.lower()}:{ctx.rng.randrange(10**6):06d} became draft {a['slug']}", logger="Feed::Import")

    # ------------- pictures: renditions made in parallel
    @media.consumer("article.published", retries=2, retry_ms=700)
    async def renditions(ctx, m):
        b = m.body
        await ctx.work(4)
        if not b["pics"]:
            return ctx.log.debug("nothing to cut", logger="worker", article=b["id"], incoming=True)
        ctx.log.info("start", logger="worker", article=b["id"], pictures=b["pics"], delivery=m.attempt, incoming=True)
        async def one(k, size):
            async with ctx.span(f"resize {size}") as s:
                await s.work(90 if size == "1600w" else 40)
                if m.attempt == 1 and ctx.rng.random() < .006:
                    s.log.error("corrupt ICC profile", logger="resize", picture=k)
                    raise Exception("icc")
                if size == "1600w" or k: s.log.debug("resized", logger="resize", picture=k, size=size, ms=round(s.elapsed_ms(), 2))
        await asyncio.gather(*(one(k, z) for k in range(b["pics"]) for z in ("320w", "1600w")))
        async with ctx.span("PUT bucket/renditions", "CLIENT") as s:
            await s.work(35)
            s.log.debug("stored", logger="store", prefix=f"r/{b['id']}/")
        async with ctx.producer("renditions.ready") as p:
            p.log.info("renditions ready", logger="worker", article=b["id"], n=b["pics"] * 2)
            await p.send({"slug": b["slug"], "v": b["v"]})

    # ------------- tags
    @tagger.consumer("article.published")
    async def tag(ctx, m):
        async with ctx.span("ner model") as s:
            await s.work(260, .5)
            n = ctx.rng.randrange(2, 15)
            s.log.debug("inference finished", seconds=round(s.elapsed_ms() / 1000, 4), tokens=ctx.rng.randrange(200, 3000))
        await ctx.work(3)
        ctx.log.info(f"{n} entities found", article_slug=m.body["slug"], labels=ctx.rng.sample(["PER", "ORG", "LOC", "EVT"], 2), incoming=True)
        async with ctx.producer("tags.ready") as p:
            mid = await p.send({"slug": m.body["slug"], "v": m.body["v"], "n": n})
            if n > 4: p.log.debug("published", topic="tags.ready", messageId=mid)

    # ------------- composer: waits for pictures and tags, or goes without
    async def build_page(ctx, slug, v, why):
        p = parts[slug, v]
        if p.get("built"): return
        p["built"] = True
        async with ctx.span("render html") as s:
            await s.work(70)
            s.log.debug(f"rendered {slug}@{v} ({ctx.rng.randrange(30, 240)} kB)")
        async with ctx.span("PUT origin", "CLIENT") as s:
            await s.work(25)
            if ctx.rng.random() < .8: s.log.debug("origin accepted /" + slug)
        ctx.log.info(f"📰 {slug} v{v} built, {why}")
        async with ctx.client("cdn-purger", "POST /purge") as c:
            st, a = await c.send({"keys": ["art-" + slug, "front"], "soft": True})
            if st != 200: c.log.warn(f"purge of {slug} only partly done ({st})")
        async with ctx.producer("page.live") as q:
            await q.send({"slug": slug, "v": v, "id": art[slug]["id"], "prio": art[slug]["prio"] if v == 1 else 0})
            if v == 1: q.log.debug("told everybody", topic="page.live", slug=slug)

    @comp.consumer("article.published")
    async def seen(ctx, m):
        s, v = m.body["slug"], m.body["v"]
        await ctx.work(2)
        p = parts.setdefault((s, v), {})
        if "seen" in p: return ctx.log.debug(f"{s}: déjà vu", incoming=True)
        p["seen"] = True
        p["need"] = 2 if m.body["pics"] else 1
        ctx.log.info(f"{s} v{v} waits for {p['need']} part(s)", incoming=True)
        async def late():
            await sleep(2500)
            if not p.get("built"):
                async with ctx.span("deadline") as d:
                    d.log.warn(f"⏰ {s} has waited 2.5 s, going out with what there is")
                    await build_page(d, s, v, "incomplete")
        ctx.spawn(late())

    async def part(ctx, m, what):
        s, v = m.body["slug"], m.body["v"]
        p = parts.setdefault((s, v), {})
        p[what] = True
        if ctx.rng.random() < .75: ctx.log.debug(f"{what} of {s} there", incoming=True)
        if p.get("need", 2) <= ("pics" in p) + ("tags" in p):
            await build_page(ctx, s, v, "complete")
    @comp.consumer("renditions.ready")
    async def pics_in(ctx, m):
        await ctx.work(3)
        await part(ctx, m, "pics")
    @comp.consumer("tags.ready")
    async def tags_in(ctx, m):
        await ctx.work(2)
        await part(ctx, m, "tags")
    @comp.consumer("article.corrected")
    async def again(ctx, m):
        parts[m.body["slug"], m.body["v"]] = {}
        await ctx.work(6)
        ctx.log.info(f"rebuild wanted: {m.body['slug']}", incoming=True, note=m.body["note"])
        await build_page(ctx, m.body["slug"], m.body["v"], "correction")

    # ------------- purger: three edges at once
    @purge.http("POST /purge")
    async def do_purge(ctx, b):
        bad = []
        async def pop(name, ms):
            async with ctx.span("PURGE " + name, "CLIENT") as c:
                await c.work(ms)
                if ctx.rng.random() < .02:
                    bad.append(name)
                    c.log.warn("edge did not answer in time", logger="fastedge", pop=name)
                else:
                    c.log.debug("purged", logger="fastedge", pop=name, keys=b["keys"][0]) if name != "gru" else None
        await asyncio.gather(pop("fra", 12), pop("iad", 55), pop("gru", 110))
        ctx.log("WARN" if bad else "INFO", "handled request", logger="http", method="POST", uri="/purge", status=207 if bad else 200, duration=round(ctx.elapsed_ms() / 1000, 6), incoming=True)
        return (207 if bad else 200), {}

    # ------------- search
    @search.consumer("page.live", retries=1)
    async def index(ctx, m):
        async with ctx.span("bulk index", "CLIENT") as s:
            await s.work(30)
            if ctx.rng.random() < .03 and m.attempt == 1:
                s.log.warn("es_rejected_execution_exception, queue capacity 200, backing off", logger="o.g.i.BulkProcessor")
                raise Exception("rejected")
            s.log.debug(f"bulk [1] action, ingest took {ctx.rng.randrange(3, 19)}", logger="o.g.i.BulkProcessor")
        await ctx.work(6)
        ctx.log.info(f"[articles-v7] doc [{m.body['slug']}] version [{m.body['v']}] {'created' if m.body['v'] == 1 else 'updated'}, took [{ctx.elapsed_ms():.0f}ms]", logger="o.g.i.Applier", incoming=True)

    # ------------- alerts: planned, fanned out, counted in
    A = "Gazette.Alerts."
    @alert.consumer("page.live")
    async def plan(ctx, m):
        await ctx.work(3)
        if m.body["prio"] < 4:
            return ctx.log.debug(f"Article {m.body['id']} is below alert priority", logger=A + "Planner", incoming=True) if ctx.rng.random() < .6 else None
        if any(c["art"] == m.body["id"] for c in campaigns.values()):
            return ctx.log.warn(f"Article {m.body['id']} was alerted before, ignoring", logger=A + "Planner", incoming=True)
        nums[1] += 1
        cid = f"AL{nums[1]}"
        ctx.log.info(f"Alert {cid} planned for article {m.body['id']}", logger=A + "Planner", incoming=True)
        async with ctx.span("SELECT segments", "CLIENT") as q:
            await q.work(40)
            n = ctx.rng.randrange(2, 5)
            q.log.debug(f"{n} segments due, {n * 5000} devices at most", logger=A + "Segments")
        campaigns[cid] = {"n": n, "got": set(), "sent": 0, "art": m.body["id"]}
        for k in range(1, n + 1):
            async with ctx.producer("push.batch") as p:
                await p.send({"alert": cid, "batch": k, "of": n})
                if k < n: p.log.debug(f"Batch {cid}/{k} queued", logger=A + "Fanout")

    @pusher.consumer("push.batch", concurrency=4, retries=2, retry_ms=500)
    async def batch(ctx, m):
        b = m.body
        await ctx.work(3)
        ctx.log.debug(f"batch {b['batch']}/{b['of']} of {b['alert']} taken", message_id=m.id, incoming=True)
        async def provider(name, ms):
            async with ctx.span("POST " + name, "CLIENT") as c:
                await c.work(ms)
                if ctx.rng.random() < .02 and m.attempt == 1:
                    c.log.warn(f"{name} 429, later again", alert=b["alert"], batch=b["batch"])
                    raise Exception("429")
                if name == "fcm": c.log.debug(f"{name} multicast done", ms=int(c.elapsed_ms()))
        await asyncio.gather(provider("fcm", 210), provider("apns", 150))
        sent = ctx.rng.randrange(3800, 5000)
        async with ctx.producer("push.batch.done") as p:
            await p.send({**b, "sent": sent})
            p.log.info("reported", alert=b["alert"], batch=b["batch"], ok=sent, gone=5000 - sent)

    @alert.consumer("push.batch.done")
    async def count(ctx, m):
        c = campaigns[m.body["alert"]]
        await ctx.work(4)
        if m.body["batch"] in c["got"]:
            return ctx.log.warn(f"Batch {m.body['alert']}/{m.body['batch']} counted already", logger=A + "Counter", incoming=True)
        c["got"].add(m.body["batch"]); c["sent"] += m.body["sent"]
        ctx.log.info(f"{m.body['alert']}: {len(c['got'])} of {c['n']} batches in", logger=A + "Counter", incoming=True)
        if len(c["got"]) == c["n"]:
            async with ctx.producer("alert.finished") as p:
                p.log.info(f"Closing {m.body['alert']}, {c['sent']} delivered", logger=A + "Counter")
                await p.send({"alert": m.body["alert"], "sent": c["sent"], "id": c["art"]})

    @alert.http("GET /alerts/by-article/{id}")
    async def figures(ctx, b):
        await ctx.work(4)
        async with ctx.client("pusher", "GET /openings") as c:
            await c.send({"id": b["_route"].split("/")[-1]})
        ctx.log.info(f"Request finished HTTP/1.1 {b['_route']} - 200 - application/json {ctx.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", incoming=True)
        return 200, {}
    @pusher.http("GET /openings")
    async def openings(ctx, b):
        async with ctx.span("clickhouse SELECT", "CLIENT") as q:
            await q.work(60)
            q.log.debug("openings counted", article=b["id"], rows_read=ctx.rng.randrange(10**6))
        return 200, {}

    # ------------- journal, in French
    @journal.consumer("article.published")
    async def j1(ctx, m): 
        await ctx.work(2)
        ctx.log.info("parution consignée", article=m.body["slug"], version=m.body["v"], incoming=True)
    @journal.consumer("article.corrected")
    async def j2(ctx, m):
        await ctx.work(2)
        async with ctx.span("INSERT rectificatif", "CLIENT") as q: await q.work(3)
        ctx.log.info("rectificatif consigné", article=m.body["slug"], motif=m.body["note"], incoming=True)
    @journal.consumer("alert.finished")
    async def j3(ctx, m):
        await ctx.work(2)
        ctx.log.info(f"alerte {m.body['alert']} close", envois=m.body["sent"])

    # ------------- noise
    cms.startup(lambda log: log.info("Watching for file changes with StatReloader", logger="django.utils.autoreload"))
    comp.noise(5, lambda log: log.debug(f"front page cache warm, {rng.randrange(60, 90)} teasers"))
    search.noise(7, lambda log: log.info(f"[gc][{rng.randrange(9000)}] overhead, spent [{rng.randrange(200, 400)}ms] collecting in the last [1s]", logger="o.e.m.j.JvmGcMonitorService"))
    purge.noise(6, lambda log: log.info("config refreshed", logger="config", pops=3))
    pusher.noise(4, lambda log: log.info("queue depth", depth=rng.randrange(12)))
    media.noise(9, lambda log: log.debug("tick", logger="metrics", rss_mb=rng.randrange(200, 300)))
    alert.noise(10, lambda log: log.debug("Health check Healthy in 1.2ms", logger="Microsoft.Extensions.Diagnostics.HealthChecks"))


async def load(w):
    r = w.rng
    async def one(i):
        who = r.choice(["mbauer", "jlee", "okafor", "s.rossi", "nightdesk"])
        st, a = await w.start("cms", "POST /drafts", {"topic": r.choice(["election", "storm", "cup-final", "budget", "strike", "fire"]), "prio": r.randrange(1, 6), "pics": r.choice([0, 1, 1, 2, 3]), "by": who})
        await sleep(r.uniform(400, 4000))
        slug = a["slug"]
        st, a = await w.start("cms", f"POST /articles/{slug}/publish", {"by": who})
        if st != 200: return
        if r.random() < .18:
            await sleep(r.uniform(2000, 9000))
            await w.start("cms", f"PUT /articles/{slug}", {"note": r.choice(["name misspelt", "figure wrong", "quote cut", "headline"])})
        if r.random() < .15:
            await sleep(r.uniform(1000, 6000))
            await w.start("alert-desk", "GET /alerts/by-article/" + slug.split("-")[-1])
    await arrivals(w, 110, 7, one)
    await sleep(5000)

record(build, load, "b_news")
