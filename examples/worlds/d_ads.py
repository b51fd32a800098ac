import json
from world import *


def envoy(r):
    f = r.fields
    if "status" not in f:
        return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid}][{r.level.lower()}][upstream] {r.message}"
    return (f'[{isoz(r, 3)}] "{r.message} HTTP/2" {f["status"]} {f["flags"]} {f["rx"]} {f["tx"]} {f["ms"]} {max(f["ms"] - 1, 0)} "198.51.100.{f["ip"]}" "{f["ua"]}" "{f["rid"]}" "ads.example.com" "10.8.3.{f["ip"]}:9000"'
            + (f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"') + (f' "{r.incoming}"' if r.incoming else ""))


# Scala, Play: logback
def play(r):
    mdc = f" trace_id={r.trace_id}, span_id={r.span_id}" if r.trace_id else ""
    p = f" [from {r.incoming_parent}]" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level:<5} [application-pekko.actor.default-dispatcher-{r.thread + 4}] {r.logger}{mdc} : {r.message}{p}"


# Python: structlog JSON
def structlog_json(r):
    d = dict(r.fields) | {"event": r.message, "level": {"WARN": "warning"}.get(r.level, r.level.lower()), "timestamp": isoz(r, 6)}
    if r.trace_id: d |= {"dd.trace_id": r.trace_id, "dd.span_id": r.span_id, "dd.service": "review"}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d)


# node: winston printf
def winston(r):
    m = dict(r.fields)
    if r.trace_id: m |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: m["traceparent"] = r.incoming
    return f"{isoz(r, 3)} [{r.service}] {'warn' if r.level == 'WARN' else r.level.lower()}: {r.message}" + (f" {json.dumps(m, separators=(',', ':'))}" if m else "")


# C++: glog
def glog(r):
    c = f"<{r.trace_id}:{r.span_id}> " if r.trace_id else ""
    return f"{r.level[0] if r.level != 'DEBUG' else 'I'}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread} {r.logger}] {c}{r.message}" + (f" tp={r.incoming}" if r.incoming else "")


# java.util.logging's own two lines, whole seconds
def jul(r):
    l = {"DEBUG": "FINE", "INFO": "INFO", "WARN": "WARNING", "ERROR": "SEVERE"}[r.level]
    c = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    return f"{r.time:%b %d, %Y %I:%M:%S %p} com.adhq.moderation.{r.logger}\n{l}:{c} {r.message}" + (f" (traceparent {r.incoming})" if r.incoming else "")


# go-kit logfmt
def gokit(r):
    q = lambda v: json.dumps(v) if isinstance(v, str) and (" " in v or "=" in v) else v
    kv = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    t = f" traceID={r.trace_id} spanID={r.span_id}" if r.trace_id else ""
    return f"ts={isoz(r, 9)} caller={r.logger} level={r.level.lower()} msg={q(r.message)}{kv}{t}" + (f" parentID={r.incoming_parent}" if r.incoming_parent else "")


# edge ad server: LTSV
def ltsv(r):
    f = {"time": f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00", "sev": r.level.lower(), "msg": r.message} | r.fields
    if r.trace_id: f |= {"b3.trace": r.trace_id, "b3.span": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return "\t".join(f"{k}:{v}" for k, v in f.items())


# Flink: log4j
def flink(r):
    c = f"[trace={r.trace_id},span={r.span_id}]" if r.trace_id else "[]"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} {r.logger:<48} {c} - {r.message}" + (f" <{r.incoming}>" if r.incoming else "")


# celery workers
def celery(r):
    c = f"[{r.trace_id}.{r.span_id}] " if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}: {'WARNING' if r.level == 'WARN' else r.level}/ForkPoolWorker-{r.thread}] {c}{r.message}" + (f" traceparent={r.incoming}" if r.incoming else "")


def build(w):
    R = w.rng
    w.network_ms, w.broker_ms = 1.2, 9
    uuid = lambda: "%08x-%04x-4%03x-8%03x-%012x" % tuple(R.getrandbits(b) for b in (32, 16, 12, 12, 48))
    mid = [556000]
    def num():
        mid[0] += 1
        return mid[0]
    w.new_message_id = num

    edge = w.service("envoy", envoy)
    api = w.service("console-api", play, errors=lambda c, e: c.log.error(f"Unhandled in stream: {e}, resuming", logger="o.a.p.k.Consumer"))
    review = w.service("review", structlog_json, errors=lambda c, e: c.log.error("review_crashed", exception=str(e)))
    crawler = w.service("crawler", winston, errors=lambda c, e: c.log.error(f"crash: {e}"))
    vision = w.service("vision", glog, errors=lambda c, e: c.log.error(f"inference worker: {e}", logger="worker.cc:204"))
    mods = w.service("moderation", jul, errors=lambda c, e: c.log.error(f"java.lang.RuntimeException: {e}\n\tat com.adhq.moderation.CaseBean.onMessage(CaseBean.java:61)", logger="CaseBean onMessage"))
    budget = w.service("budget", gokit, errors=lambda c, e: c.log.error("dead letter", logger="consumer.go:88", err=str(e)))
    ads = w.service("adserver", ltsv, errors=lambda c, e: c.log.error("apply failed", why=str(e)))
    deliv = w.service("delivery", flink, errors=lambda c, e: c.log.error(f"Task switched to FAILED: {e}", logger="o.a.f.runtime.taskmanager.Task"))
    bill = w.service("billing", celery, errors=lambda c, e: c.log.error(f"Task raised unexpected: {e!r}"))

    camps, jobs, asked, human, window, seq = {}, {}, {}, {}, [], [30500]
    w.camps, w.jobs = camps, jobs

    # ---------------------------------------------------------------- the way in
    @edge.http("ANY *")
    async def ingress(ctx, body):
        route = body.pop("_route")
        st, a = await ctx.call("console-api", route, {k: v for k, v in body.items() if k != "_headers"}, client_span=False)
        ctx.log.info(route, incoming=True, status=st, flags="-" if st < 500 else "UF", rx=R.randrange(90, 900), tx=R.randrange(90, 1200), ms=round(ctx.elapsed_ms()), ip=R.randrange(2, 250), ua=R.choice(["Mozilla/5.0", "ads-sdk/4.1", "curl/8.5"]), rid=uuid())
        return st, a

    @api.http("POST /v3/campaigns")
    async def create(ctx, body):
        seq[0] += R.randrange(1, 7)
        cid = f"cmp_{seq[0]}"
        camps[cid] = {"id": cid, "adv": body["advertiser"], "cents": body["cents"], "state": "draft", "live": set(), "spent": 0}
        ctx.log.info(f"CampaignController.create() advertiser={body['advertiser']} -> {cid}", incoming=True, logger="controllers.CampaignController")
        async with ctx.span("insert campaign", "CLIENT") as c:
            await c.work(6)
            c.log.debug(f"insert into \"campaigns\" ... [{c.elapsed_ms():.0f} ms]", logger="slick.jdbc.JdbcBackend.statement")
        async with ctx.client("budget", "POST /reservations") as c:
            st, a = await c.send({"campaign": cid, "cents": body["cents"], "advertiser": body["advertiser"]})
            if st != 201: c.log.warn(f"budget said {st} for {cid}", logger="clients.BudgetClient")
        if st != 201:
            camps[cid]["state"] = "unfunded"
            return 402, {"id": cid}
        camps[cid].update(state="in_review", res=a["reservation"])
        async with ctx.producer("campaign.submitted") as p:
            n = await p.send({"campaignId": cid, "creatives": body["creatives"], "url": body["url"]})
            p.log.info(f"campaign.submitted #{n} for {cid}", logger="events.Publisher")
        return 201, {"id": cid}

    # ---------------------------------------------------------------- budget
    @budget.http("POST /reservations")
    async def reserve(ctx, body):
        async with ctx.span("POST funding/check", "CLIENT") as c:
            await c.work(45)
            if R.random() < 0.6: c.log.debug("funding source checked", logger="funding.go:40", advertiser=body["advertiser"], took=f"{c.elapsed_ms():.3f}ms")
        if R.random() < 0.05:
            ctx.log.warning("insufficient funds", incoming=True, logger="reserve.go:61", campaign=body["campaign"])
            return 402, {}
        rid = "rsv-" + uuid()[:13]
        async with ctx.span("TX reserve", "CLIENT") as c:
            await c.work(7)
            c.log.debug("tx committed", logger="store.go:118", rows=2)
        ctx.log.info("reserved", incoming=True, logger="reserve.go:77", campaign=body["campaign"], reservation=rid, cents=body["cents"])
        return 201, {"reservation": rid}

    @budget.consumer("campaign.rejected", retries=1)
    async def release(ctx, m):
        await ctx.work(5)
        ctx.log.info("reservation released", incoming=True, logger="consumer.go:52", reservation=m.body["res"])

    @budget.consumer("campaign.live", retries=2, retry_ms=180)
    async def pace(ctx, m):
        ctx.log.info("consume", incoming=True, logger="consumer.go:31", subject=m.topic, seq=m.id, attempt=m.attempt)
        async with ctx.span("TX pacing", "CLIENT") as c:
            await c.work(6)
            if R.random() < 0.04 and m.attempt == 1:
                c.log.warning("pq: could not serialize access, retrying", logger="store.go:131")
                raise Exception("40001")
            c.log.debug("tx committed", logger="store.go:118", rows=1)
        ctx.log.info("pacing started", logger="pacing.go:19", campaign=m.body["id"])

    # ---------------------------------------------------------------- review: three checks at once, one over the broker
    @review.consumer("campaign.submitted", retries=1)
    async def check(ctx, m):
        b = m.body
        ctx.log.info("review_started", incoming=True, campaign_id=b["campaignId"], creatives=b["creatives"])

        async def text():
            async with ctx.span("policy text") as s:
                await s.work(40)
                hit = R.random() < 0.05
                s.log.debug("policy_rules_applied", campaign_id=b["campaignId"], hits=int(hit), duration=round(s.elapsed_ms() / 1000, 4))
                return "reject" if hit else "ok"

        async def page():
            async with ctx.client("crawler", "POST /crawl") as c:
                st, a = await c.send({"url": b["url"]})
                c.log.info("landing_page_checked", url=b["url"], status=st, verdict=a["verdict"])
                return a["verdict"]

        async def image(i):
            corr = uuid()
            asked[corr] = asyncio.get_running_loop().create_future()
            async with ctx.producer("vision.request") as p:
                await p.send({"asset": f"{b['campaignId']}/{i}", "corr": corr})
                p.log.debug("vision_requested", asset=f"{b['campaignId']}/{i}", correlation_id=corr)
            try: return await asyncio.wait_for(asked[corr], 1.6)
            except asyncio.TimeoutError:
                ctx.log.warning("vision_timeout", correlation_id=corr)
                return "unsure"
            finally: asked.pop(corr, None)

        got = await asyncio.gather(text(), page(), *[image(i) for i in range(b["creatives"])])
        verdict = "reject" if "reject" in got else "unsure" if "unsure" in got else "ok"
        ctx.log.info("automatic_verdict", campaign_id=b["campaignId"], verdict=verdict)
        if verdict == "unsure":
            async with ctx.client("moderation", "POST /cases") as c:
                st, a = await c.send({"campaign": b["campaignId"], "back": "/hooks/moderation"})
                c.log.info("escalated", campaign_id=b["campaignId"], case=a["case"])
            return
        await conclude(ctx, b["campaignId"], verdict)

    async def conclude(ctx, cid, verdict):
        async with ctx.producer("campaign.reviewed") as p:
            await p.send({"campaignId": cid, "verdict": verdict})
            p.log.info("verdict_published", campaign_id=cid)

    @review.consumer("vision.reply")
    async def seen(ctx, m):
        f = asked.get(m.body["corr"])
        if f and not f.done():
            f.set_result(m.body["verdict"])
            if R.random() < 0.7: ctx.log.debug("vision_replied", incoming=True, correlation_id=m.body["corr"], verdict=m.body["verdict"])
        else:
            ctx.log.warning("vision_reply_late", incoming=True, correlation_id=m.body["corr"])

    @review.http("POST /hooks/moderation")
    async def hook(ctx, body):
        ctx.log.info("moderator_decided", incoming=True, case=body["case"], campaign_id=body["campaign"], decision=body["decision"])
        await conclude(ctx, body["campaign"], body["decision"])
        return 204, {}

    # ---------------------------------------------------------------- crawler
    @crawler.http("POST /crawl")
    async def crawl(ctx, body):
        for k in range(R.randrange(1, 4)):
            async with ctx.span("GET landing page", "CLIENT") as c:
                await c.work(110, 0.6)
                if k == 0 or R.random() < 0.5: c.log.debug(f"{'GET' if k == 0 else '30x ->'} {body['url']}{'/r' * k}", ms=round(c.elapsed_ms()))
        v = R.choices(["ok", "unsure", "reject"], [90, 7, 3])[0]
        ctx.log.info(f"crawled {body['url']}: {v}", incoming=True, ms=round(ctx.elapsed_ms()))
        return 200, {"verdict": v}

    # ---------------------------------------------------------------- vision
    @vision.consumer("vision.request", retries=2, retry_ms=150, concurrency=6)
    async def look(ctx, m):
        async with ctx.span("fetch asset", "CLIENT") as c:
            await c.work(25)
            if R.random() < 0.5: c.log.debug(f"fetched gs://creatives/{m.body['asset']} {R.randrange(20, 900)}KB", logger="fetcher.cc:58")
        async with ctx.span("infer nsfw-v7") as c:
            await c.work(160 if R.random() < 0.97 else 1900)
            if R.random() < 0.03 and m.attempt < 3:
                c.log.warning(f"CUDA out of memory on asset {m.body['asset']}, attempt {m.attempt}", logger="worker.cc:131")
                raise Exception("oom")
            c.log.info(f"asset {m.body['asset']} p={R.random():.3f} {c.elapsed_ms():.1f}ms", logger="model.cc:92")
        v = R.choices(["ok", "unsure", "reject"], [92, 6, 2])[0]
        async with ctx.producer("vision.reply") as p:
            await p.send({"corr": m.body["corr"], "verdict": v})
            if R.random() < 0.6: p.log.debug(f"reply {m.body['corr']}", logger="worker.cc:160")
        if R.random() < 0.85: ctx.log.info(f"request {m.body['corr']} served", incoming=True, logger="worker.cc:171")

    # ---------------------------------------------------------------- people
    @mods.http("POST /cases")
    async def case(ctx, body):
        no = R.randrange(10**4, 10**5)
        await ctx.work(8)
        ctx.log.info(f"Case {no} queued for campaign {body['campaign']}", incoming=True, logger="CaseResource create")
        ctx.spawn(moderator(ctx, no, body))
        return 201, {"case": no}

    async def moderator(ctx, no, body):
        await ctx.work(3000, 0.5)
        d = "ok" if R.random() < 0.7 else "reject"
        async with ctx.span("decide") as s:
            await s.work(10)
            s.log.info(f"Case {no} decided by mod{R.randrange(1, 9)}: {d}", logger="DecisionService decide")
            for attempt in (1, 2):
                async with s.client("review", "POST " + body["back"]) as c:
                    if R.random() < 0.1 and attempt == 1:
                        await c.work(300)
                        c.fail()
                        c.log.warning(f"Callback for case {no} timed out, will retry", logger="CallbackClient post")
                        continue
                    st, _ = await c.send({"case": no, "campaign": body["campaign"], "decision": d})
                    break

    # ---------------------------------------------------------------- outcome, going live on three edges, join of their acks
    @api.consumer("campaign.reviewed", retries=2)
    async def reviewed(ctx, m):
        c0 = camps[m.body["campaignId"]]
        async with ctx.span("update campaign", "CLIENT") as c:
            await c.work(5)
            c.log.debug(f"update \"campaigns\" set \"state\" = ? where \"id\" = '{c0['id']}' [{c.elapsed_ms():.0f} ms]", logger="slick.jdbc.JdbcBackend.statement")
        if m.body["verdict"] == "reject":
            c0["state"] = "rejected"
            ctx.log.info(f"{c0['id']} rejected", incoming=True, logger="domain.CampaignActor")
            await ctx.publish("campaign.rejected", {"id": c0["id"], "res": c0["res"], "adv": c0["adv"]})
            return
        c0["state"] = "approved"
        ctx.log.debug(f"{c0['id']}: InReview -> Approved", incoming=True, logger="domain.CampaignActor")
        async with ctx.producer("campaign.approved") as p:
            n = await p.send({"id": c0["id"], "cents": c0["cents"]})
            p.log.info(f"campaign.approved #{n} for {c0['id']}", logger="events.Publisher")

    @ads.consumer("campaign.approved", retries=1)
    async def load_ad(ctx, m):
        async def region(r):
            async with ctx.span("load " + r) as s:
                await s.work({"eu": 30, "us": 90, "ap": 190}[r])
                s.log.info("loaded", region=r, cid=m.body["id"], ms=round(s.elapsed_ms()))
                async with s.producer("ad.live") as p:
                    n = await p.send({"cid": m.body["id"], "region": r})
                    if r == "eu": p.log.debug("ack out", cid=m.body["id"], seq=n)
        ctx.log.info("new ad", incoming=True, cid=m.body["id"], kind="campaign.approved")
        await asyncio.gather(*[region(r) for r in ("eu", "us", "ap")])

    @api.consumer("ad.live")
    async def ack(ctx, m):
        c0 = camps[m.body["cid"]]
        c0["live"].add(m.body["region"])
        await ctx.work(1)
        if len(c0["live"]) < 3:
            ctx.log.debug(f"{c0['id']} live in {m.body['region']} ({len(c0['live'])}/3)", incoming=True, logger="domain.CampaignActor")
            return
        if c0["state"] == "approved": c0["state"] = "live"
        ctx.log.info(f"{c0['id']} is live everywhere", incoming=True, logger="domain.CampaignActor")
        async with ctx.producer("campaign.live") as p:
            n = await p.send({"id": c0["id"], "adv": c0["adv"]})
            p.log.info(f"campaign.live #{n} for {c0['id']}", logger="events.Publisher")

    @bill.consumer("campaign.live", retries=2, retry_ms=300)
    async def open_line(ctx, m):
        t = uuid()
        ctx.log.info(f"Task billing.tasks.open_line[{t}] received", incoming=True)
        async with ctx.span("INSERT billing_line", "CLIENT") as c: await c.work(8)
        ctx.log.info(f"Task billing.tasks.open_line[{t}] succeeded in {ctx.elapsed_ms() / 1000:.6f}s: '{m.body['id']}'")

    @bill.consumer("campaign.rejected")
    async def tell_advertiser(ctx, m):
        async with ctx.span("SMTP", "CLIENT") as c: await c.work(80)
        ctx.log.info(f"billing.tasks.notice: {m.body['adv']} told about {m.body['id']}", incoming=True)

    # ---------------------------------------------------------------- later: change, pause, state
    @api.http("PATCH /v3/campaigns/{id}/budget")
    async def change(ctx, body):
        cid = body["_route"].split("/")[3]
        async with ctx.client("budget", "PUT /reservations/" + cid) as c:
            c.log.info(f"raising {cid} by {body['add']}", logger="clients.BudgetClient")
            st, _ = await c.send({"add": body["add"], "cid": cid})
        ctx.log.info(f"CampaignController.changeBudget({cid}) took {ctx.elapsed_ms():.0f} ms", incoming=True, logger="controllers.CampaignController")
        return st, {}

    @budget.http("PUT /reservations/{cid}")
    async def raise_(ctx, body):
        async with ctx.span("TX reserve", "CLIENT") as c: await c.work(6)
        ctx.log.info("reservation raised", incoming=True, logger="reserve.go:102", campaign=body["cid"], add=body["add"])
        async with ctx.producer("pacing.changed") as p:
            await p.send({"cid": body["cid"]})
            p.log.debug("nats publish", logger="bus.go:27", subject="pacing.changed")
        return 200, {}

    @ads.consumer("pacing.changed")
    async def repace(ctx, m):
        await ctx.work(6)
        ctx.log.info("pacing applied", incoming=True, cid=m.body["cid"], seq=m.id)

    @api.http("POST /v3/campaigns/{id}/pause")
    async def pause(ctx, body):
        cid = body["_route"].split("/")[3]
        ok = camps[cid]["state"] == "live"
        ctx.log.info(f"pause {cid}: {'accepted' if ok else 'not live (' + camps[cid]['state'] + ')'}", incoming=True, logger="controllers.CampaignController")
        if not ok: return 409, {}
        camps[cid]["state"] = "paused"
        await ctx.publish("campaign.paused", {"cid": cid, "why": "user"})
        return 202, {}

    @ads.consumer("campaign.paused", retries=1)
    async def stop(ctx, m):
        await ctx.work(20)
        ctx.log.info("ad withdrawn", incoming=True, cid=m.body["cid"], reason=m.body["why"])

    # ---------------------------------------------------------------- reports asked for, made in the background, polled
    @api.http("POST /v3/reports")
    async def ask(ctx, body):
        job = f"R-{R.randrange(16**6):06X}"
        jobs[job] = "running"
        async with ctx.client("delivery", "POST /jobs") as c:
            st, _ = await c.send({"job": job, "campaign": body["campaign"]})
            c.log.debug(f"report job {job} handed to delivery: {st}", logger="clients.DeliveryClient")
        return 202, {"job": job}

    @deliv.http("POST /jobs")
    async def job(ctx, body):
        ctx.log.info(f"Report {body['job']} over campaign {body['campaign']} accepted", incoming=True, logger="ads.delivery.reports.JobServer")
        ctx.spawn(make(ctx, body))
        return 202, {}

    async def make(ctx, body):
        rows = 0
        for part in ("impressions", "clicks", "conversions"):
            async with ctx.span("SELECT " + part, "CLIENT") as c:
                await c.work(380, 0.6)
                rows += R.randrange(10, 9000)
                if part != "clicks": c.log.debug(f"clickhouse {part} in {c.elapsed_ms():.0f} ms", logger="ads.delivery.reports.Warehouse")
        async with ctx.span("write csv") as c:
            await c.work(60)
            c.log.info(f"{body['job']}.csv written, {rows} rows", logger="ads.delivery.reports.CsvSink")
        await ctx.publish("report.done", {"job": body["job"], "rows": rows})

    @api.consumer("report.done")
    async def done(ctx, m):
        jobs[m.body["job"]] = "done"
        await ctx.work(2)
        ctx.log.info(f"report {m.body['job']} ready, {m.body['rows']} rows", incoming=True, logger="domain.Reports")

    @api.http("GET /v3/reports/{job}")
    async def poll(ctx, body):
        j = body["_route"].split("/")[-1]
        await ctx.work(1)
        ctx.log.debug(f"report {j} polled: {jobs[j]}", incoming=True, logger="controllers.ReportController")
        return 200 if jobs[j] == "done" else 202, {"state": jobs[j]}

    # ---------------------------------------------------------------- delivery: batches of impressions into windows, then spend
    @ads.every(1.3)
    async def flush_impressions(ctx):
        live = [c["id"] for c in camps.values() if c["state"] == "live"][-6:]
        if not live: return
        async with ctx.producer("impressions.batch") as p:
            n = await p.send({"n": R.randrange(200, 5000), "cids": live})
            p.log.info("flush", batch=n, campaigns=len(live))

    @deliv.consumer("impressions.batch")
    async def batch(ctx, m):
        await ctx.work(12)
        window.append(m)
        ctx.log.debug(f"batch {m.id}: {m.body['n']} events", incoming=True, logger="ads.delivery.stream.Dedup")
        if len(window) < 3: return
        got, window[:] = list(window), []
        for x in got[:-1]: ctx.link(x.origin)
        async with ctx.span("close window") as s:
            await s.work(70)
            total = sum(x.body["n"] for x in got)
            s.log.info(f"Window closed with batches {', '.join(str(x.id) for x in got)}: {total} impressions", logger="ads.delivery.stream.SpendWindow")
        async with ctx.producer("spend.window") as p:
            await p.send({"cids": m.body["cids"], "cents": total * 2})

    @budget.consumer("spend.window", retries=2)
    async def spend(ctx, m):
        share = m.body["cents"] // len(m.body["cids"])
        async with ctx.span("TX spend", "CLIENT") as c:
            await c.work(9)
            c.log.debug("tx committed", logger="store.go:118", rows=len(m.body["cids"]))
        ctx.log.info("spend booked", incoming=True, logger="spend.go:44", campaigns=len(m.body["cids"]), cents=m.body["cents"])
        for cid in m.body["cids"]:
            camps[cid]["spent"] += share
            if camps[cid]["spent"] > camps[cid]["cents"] and camps[cid]["state"] == "live":
                camps[cid]["state"] = "exhausted"
                async with ctx.producer("campaign.paused") as p:
                    p.log.warning("budget exhausted", logger="spend.go:58", campaign=cid)
                    await p.send({"cid": cid, "why": "budget"})

    @bill.consumer("spend.window", retries=1, retry_ms=500)
    async def charge(ctx, m):
        for cid in m.body["cids"][:2]:
            async with ctx.span("POST charge", "CLIENT") as c:
                await c.work(70)
                c.log.info(f"billing.charge {cid} HTTP 200 ({c.elapsed_ms():.0f} ms)")
        ctx.log.info(f"billing.tasks.charge_window: {len(m.body['cids'])} lines, msg {m.id}", incoming=True)

    edge.noise(6, lambda log: log.debug("cluster manager: health check ok for console_api"))
    review.noise(7, lambda log: log.info("policy_bundle_refreshed", version=R.randrange(880, 890)))
    vision.noise(5, lambda log: log.info(f"gpu0 util {R.randrange(20, 99)}% mem {R.randrange(4, 15)}GiB", logger="monitor.cc:33"))
    mods.noise(9, lambda log: log.debug("Session sweep done", logger="SessionJanitor run"))
    deliv.noise(4, lambda log: log.info(f"Completed checkpoint {R.randrange(900, 999)} for job 7f3c (2213 bytes, checkpointDuration={R.randrange(9, 90)} ms)", logger="o.a.f.runtime.checkpoint.CheckpointCoordinator"))
    ads.noise(3, lambda log: log.debug("qps", value=R.randrange(900, 2000)))
    bill.noise(10, lambda log: log.info("beat: wake up in 4.00 minutes"))


async def load(w):
    R, mine, rep = w.rng, [], []

    async def one(i):
        k = R.random()
        if k < 0.5 or not mine:
            st, a = await w.start("envoy", "POST /v3/campaigns", {"advertiser": f"adv{R.randrange(70, 120)}", "cents": R.choice([5000, 20000, 100000]), "creatives": R.randrange(1, 4), "url": f"https://shop{R.randrange(200)}.example/landing"})
            if st == 201: mine.append(a["id"])
        elif k < 0.62:
            await w.start("envoy", f"PATCH /v3/campaigns/{R.choice(mine[-15:])}/budget", {"add": R.randrange(1, 50) * 100})
        elif k < 0.74:
            await w.start("envoy", f"POST /v3/campaigns/{R.choice(mine[-15:])}/pause")
        else:
            st, a = await w.start("envoy", "POST /v3/reports", {"campaign": R.choice(mine)})
            for _ in range(R.randrange(0, 3)):
                await sleep(R.uniform(500, 1500))
                st, _ = await w.start("envoy", "GET /v3/reports/" + a["job"])
                if st == 200: break
    await arrivals(w, 130, 3.8, one)

record(build, load, "d_ads")
