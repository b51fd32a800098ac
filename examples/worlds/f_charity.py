"""A charity: donation pages, card payments settled by webhook, an outbox, receipts, campaign thermometers, tax reclaim in batches."""
import json
from world import *


def nginx(r):   # whole seconds
    f = r.fields
    tail = f' trace={r.trace_id} span={r.span_id}' if r.trace_id else " trace=- span=-"
    if r.incoming: tail += f' tp="{r.incoming}"'
    if not f: return f"{r.time:%Y/%m/%d %H:%M:%S} [notice] {r.pid}#{r.pid}: {r.message}"
    return f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{r.message} HTTP/2.0" {f["st"]} {f["size"]} "-" "{f["ua"]}" rt={f["rt"]:.3f}{tail}'


def monolog(r):
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}
    if r.incoming: extra["traceparent"] = r.incoming
    lev = {"WARN": "WARNING"}.get(r.level, r.level)
    return f"[{r.time:%Y-%m-%dT%H:%M:%S.%f}+00:00] production.{lev}: {r.message} {json.dumps(r.fields) if r.fields else '[]'} {json.dumps(extra) if extra else '[]'}"


def rails(r):
    tags = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    par = f" parent_id={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S.%f} #{r.pid}] {r.level:>5} -- : {tags}{r.message}{par}"


def elixir(r):
    md = "".join(f"{k}={v} " for k, v in r.fields.items())
    if r.trace_id: md += f"trace_id={r.trace_id} span_id={r.span_id} "
    if r.incoming_parent: md += f"parent_span={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {md}[{r.level.lower()}] {r.message}"


def structlog(r):
    d = dict(r.fields, event=r.message, level={"WARN": "warning"}.get(r.level, r.level.lower()), timestamp=isoz(r, 6))
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d)


def slog(r):
    q = lambda v: json.dumps(str(v)) if " " in str(v) or "=" in str(v) or '"' in str(v) else str(v)
    s = f"time={isoz(r, 3)} level={r.level} msg={q(r.message)}" + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace_id={r.trace_id} span_id={r.span_id}"
    return s + (f" traceparent={r.incoming}" if r.incoming else "")


def bunyan(r):
    d = {"name": "campaigns", "hostname": "thermo-7f9c", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level]}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["req_traceparent"] = r.incoming
    return json.dumps(d | r.fields | {"msg": r.message, "time": isoz(r, 3), "v": 0}, separators=(",", ":"))


def quarkus(r):
    ids = f"traceId={r.trace_id or ''}, spanId={r.span_id or ''}" + (f", parentId={r.incoming_parent}" if r.incoming_parent else "")
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [org.giv.tax.{r.logger}] (vert.x-worker-{r.thread}) {ids} {r.message}"


CAMPS = ["winter-shelter", "clean-wells", "hedgehog-rescue", "library-bus"]


def build(w):
    w.network_ms, w.broker_ms = 0.9, 6
    n = {"don": w.rng.randrange(30000, 90000), "rcpt": w.rng.randrange(700, 900), "claim": 40}
    www = w.service("www", nginx)
    giving = w.service("giving", monolog, errors=lambda c, e: c.log.error(str(e), exception=f"[object] (RuntimeException(code: 0): {e} at /app/Jobs/Handle.php:61)"))
    payments = w.service("payments", rails, errors=lambda c, e: c.log.error(f"{type(e).__name__}: {e}\napp/consumers/base.rb:40:in `process'\napp/consumers/runner.rb:12:in `loop'"))
    ledger = w.service("ledger", elixir, errors=lambda c, e: c.log.error(f"GenServer Ledger.Consumer terminating ** (RuntimeError) {e}"))
    receipts = w.service("receipts", structlog, errors=lambda c, e: c.log.error("handler_crashed", exc=str(e)))
    mailer = w.service("mailer", slog, errors=lambda c, e: c.log.error("dead-lettered", err=str(e)))
    campaigns = w.service("campaigns", bunyan, errors=lambda c, e: c.log.error("unhandled", err={"message": str(e)}))
    taxback = w.service("taxback", quarkus, errors=lambda c, e: c.log.error(f"SRMSG18203: A message sent to channel was nacked: {e}", logger="Nack"))
    donations, outbox, cache, claims, totals = {}, [], {}, [], {c: 0 for c in CAMPS}

    # ------------------------------------------------------------------ nginx in front of everything
    @www.http("ANY *")
    async def proxy(ctx, b):
        route = b["_route"]
        verb, path = route.split(" ")
        to, inner = {"donate": ("giving", "POST /donate"), "hooks": ("payments", "POST /webhooks/cardco"), "refunds": ("giving", "POST /refunds")}.get(path.split("/")[1], (None, route))
        if to is None: to = "campaigns" if "campaign" in path else "receipts"
        st, a = await ctx.call(to, inner, b, client_span=False)
        ctx.log.info(f"{verb} {path}", incoming=True, ip=b.get("ip", "10.20.0.9"), st=st, size=ctx.rng.randrange(90, 4000), ua=b.get("ua", "cardco-hooks/3"), rt=ctx.elapsed_ms() / 1000)
        return st, a

    # ------------------------------------------------------------------ giving
    @giving.http("POST /donate")
    async def donate(ctx, b):
        n["don"] += 1
        d = donations[n["don"]] = {"id": n["don"], "amount": b["amount"], "slug": b["slug"], "email": b["email"], "taxpayer": b["taxpayer"], "state": "pending"}
        ctx.log.info("Donation form submitted", donation_id=d["id"], campaign=d["slug"], amount=d["amount"])
        async with ctx.span("spam score") as s:
            await s.work(6)
            bad = s.rng.random() < 0.03
            if bad: s.log.warning("Looks like card testing", donation_id=d["id"], score=0.97)
        if bad: return 422, {}
        async with ctx.client("payments", "POST /charges") as c:
            st, a = await c.send({"ref": f"DON{d['id']}", "pence": d["amount"] * 100})
            c.log.debug("payments replied", status=st, charge=a.get("charge"))
        if st != 201:
            ctx.log.warning("Card declined, donor asked to try another", donation_id=d["id"])
            d["state"] = "declined"
            return 402, {}
        async with ctx.span("insert donation", "CLIENT") as c:
            await c.work(4)
            c.log.debug("insert into `donations` (`id`, `campaign_slug`, `pence`, `state`) values (?, ?, ?, ?)", bindings=[d["id"], d["slug"], d["amount"] * 100, "pending"])
        return 201, {"id": d["id"], "charge": a["charge"]}

    @giving.consumer("charge.updated", retries=2)
    async def charge_updated(ctx, m):
        d = donations[int(m.body["ref"][3:])]
        ctx.log.info(f"Processing: App\\Jobs\\ChargeUpdated", id=m.id, incoming=True)
        if m.attempt == 1 and ctx.rng.random() < 0.03:
            ctx.log.error("SQLSTATE[40001]: Serialization failure: 1213 Deadlock found", donation_id=d["id"])
            raise Exception("deadlock")
        async with ctx.span("transaction", "CLIENT") as c:
            await c.work(6)
            d["state"] = m.body["status"]
            kind = {"succeeded": "donation.confirmed", "refunded": "donation.refunded", "failed": "donation.failed"}[d["state"]]
            outbox.append((kind, dict(d), ctx))
        ctx.log.info(f"Processed: App\\Jobs\\ChargeUpdated", donation_id=d["id"], state=d["state"], ms=round(ctx.elapsed_ms(), 2))

    async def relay():
        while not w.closing:
            await sleep(350)
            rows, outbox[:] = outbox[:20], outbox[20:]
            for kind, d, ctx in rows:
                async with ctx.producer(kind) as p:
                    mid = await p.send(d)
                    if kind != "donation.failed": p.log.debug("outbox row relayed", type=kind, aggregate=d["id"], event_id=mid)
            if rows: giving.log.info(f"outbox: {len(rows)} sent, {len(outbox)} left")
    w.background.append(relay)

    @giving.http("POST /refunds")
    async def refund(ctx, b):
        d = donations.get(b["id"])
        await ctx.work(3)
        if not d or d["state"] != "succeeded":
            ctx.log.warning("Refund refused", donation_id=b["id"], state=d and d["state"], incoming=True)
            return 409, {}
        st, _ = await ctx.call("payments", "POST /charges/refund", {"ref": f"DON{d['id']}"})
        ctx.log.info("Refund asked for by supporter care", donation_id=d["id"], psp=st, incoming=True)
        return 202, {}

    @giving.http("PATCH /donations/{id}/thanked")
    async def thanked(ctx, b):
        await ctx.work(3)
        ctx.log.debug("update `donations` set `thanked_at` = now() where `id` = ?", bindings=[int(b["_route"].split("/")[2])], incoming=True)
        return 204, {}

    @giving.every(11, first=4)
    async def charge_due_pledges(ctx):
        due = ctx.rng.randrange(2, 5)
        ctx.log.info("Running scheduled command: pledges:charge", due=due)
        for _ in range(due):
            n["don"] += 1
            d = donations[n["don"]] = {"id": n["don"], "amount": 10, "slug": ctx.rng.choice(CAMPS), "email": f"m{n['don']}@example.org", "taxpayer": True, "state": "pending"}
            async with ctx.producer("pledge.due") as p:
                await p.send({"ref": f"DON{d['id']}", "pence": 1000, "pledge": f"P-{d['id'] % 977:04d}"})
                p.log.info("Pledge queued", pledge=f"P-{d['id'] % 977:04d}", donation_id=d["id"])
        ctx.log.info("Command pledges:charge finished", seconds=round(ctx.elapsed_ms() / 1000, 2))

    # ------------------------------------------------------------------ payments
    async def cardco(ctx, verb, ref, pence):
        async with ctx.span("POST api.cardco.example", "CLIENT") as c:
            await c.work(140, 0.5)
            ok = c.rng.random() > 0.05
            ch = "ch_" + "".join(c.rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))
            c.log.info(f"cardco {verb} {ref} {pence}p -> {'200' if ok else '402 do_not_honor'} {ch} ({c.elapsed_ms():.0f}ms)")
        return ok, ch

    def webhook_later(ctx, ref, ch, what):
        async def later():
            await sleep(400 + ctx.rng.expovariate(1 / 1500))
            for _ in range(3):
                st, _a = await ctx.call("www", "POST /hooks/cardco", {"ref": ref, "charge": ch, "type": what}, client_span=False)
                if st == 200: return
                await sleep(600)
        ctx.spawn(later())

    @payments.http("POST /charges")
    async def charge(ctx, b):
        ctx.log.info(f'Started POST "/charges" for 10.20.0.14 ref={b["ref"]}', incoming=True)
        ok, ch = await cardco(ctx, "charge", b["ref"], b["pence"])
        if not ok:
            ctx.log.info(f"Completed 402 Payment Required in {ctx.elapsed_ms():.0f}ms")
            return 402, {}
        webhook_later(ctx, b["ref"], ch, "failed" if ctx.rng.random() < 0.03 else "succeeded")
        ctx.log.info(f"Completed 201 Created in {ctx.elapsed_ms():.0f}ms (ActiveRecord: {ctx.rng.random() * 9:.1f}ms)")
        return 201, {"charge": ch}

    @payments.http("POST /charges/refund")
    async def refund_charge(ctx, b):
        ok, ch = await cardco(ctx, "refund", b["ref"], 0)
        webhook_later(ctx, b["ref"], ch, "refunded")
        return 202, {}

    @payments.http("POST /webhooks/cardco")
    async def hook(ctx, b):
        if ctx.rng.random() < 0.03:
            ctx.log.error("ActiveRecord::ConnectionTimeoutError could not obtain a connection from the pool within 5.000 seconds", incoming=True)
            return 503, {}
        ctx.log.debug("  \x1b[1mCharge Update\x1b[0m UPDATE charges SET status = $1 WHERE psp_id = $2  [[\"status\", \"%s\"], [\"psp_id\", \"%s\"]]" % (b["type"], b["charge"]))
        await ctx.work(3)
        async with ctx.producer("charge.updated") as p:
            mid = await p.send({"ref": b["ref"], "status": b["type"], "charge": b["charge"]})
            p.log.info(f"Published charge.updated key={b['ref']} id={mid}")
        return 200, {}

    @payments.consumer("pledge.due", concurrency=2)
    async def pledge_due(ctx, m):
        ok, ch = await cardco(ctx, "recurring", m.body["ref"], m.body["pence"])
        if ok: webhook_later(ctx, m.body["ref"], ch, "succeeded")
        else: await ctx.publish("charge.updated", {"ref": m.body["ref"], "status": "failed", "charge": ch}, producer_span=False)
        ctx.log.info(f"[PledgeDueConsumer] {m.body['pledge']} {'charged' if ok else 'failed, dunning starts'}", incoming=True)

    # ------------------------------------------------------------------ ledger
    @ledger.consumer("donation.confirmed")
    async def post_entry(ctx, m):
        async with ctx.span("Repo.insert_all", "CLIENT") as c:
            await c.work(4)
            c.log.debug(f'QUERY OK source="entries" db={c.elapsed_ms():.1f}ms INSERT INTO "entries" ("account","amount","memo")', rows=2)
        ctx.log.info(f"posted #{m.body['id']} dr bank cr {m.body['slug']} {m.body['amount']}.00", incoming=True)

    @ledger.consumer("donation.refunded")
    async def reverse_entry(ctx, m):
        ctx.log.info(f"reversing ##{m.body['id']}", topic=m.topic, incoming=True)
        await ctx.work(6)

    # ------------------------------------------------------------------ receipts
    @receipts.consumer("donation.confirmed", retries=1)
    async def issue(ctx, m):
        d = m.body
        n["rcpt"] += 1
        no = f"R/26/{n['rcpt']:05d}"
        donations[d["id"]]["receipt"] = no
        async with ctx.span("render pdf") as s:
            await s.work(90, 0.5)
            s.log.info("pdf_rendered", receipt=no, pages=1, ms=int(s.elapsed_ms()))
        async with ctx.span("S3.PutObject", "CLIENT") as s:
            await s.work(25)
            if d["id"] % 2: s.log.debug("put_object", bucket="receipts-2026", key=no.replace("/", "-") + ".pdf")
        async with ctx.producer("receipt.ready") as p:
            await p.send({"no": no, "donation": d["id"], "to": d["email"]})
        ctx.log.info("receipt_issued", receipt=no, donation=d["id"], event_id=m.id, incoming=True)

    @receipts.consumer("donation.refunded")
    async def void(ctx, m):
        await ctx.work(5)
        ctx.log.info("receipt_voided", donation=m.body["id"], receipt=m.body.get("receipt"), incoming=True)

    @receipts.http("GET /receipts/{no}")
    async def download(ctx, b):
        async with ctx.span("S3.Presign", "CLIENT") as s:
            await s.work(2)
        ctx.log.info("download_link", receipt=b["_route"].rsplit("/", 1)[1], incoming=True)
        return 302, {}

    # ------------------------------------------------------------------ mailer
    async def smtp(ctx, to, template, ref):
        for attempt in (1, 2, 3):
            async with ctx.span("smtp send", "CLIENT") as s:
                await s.work(60, 0.7)
                if s.rng.random() < 0.06:
                    s.fail()
                    s.log.warning("421 try again later", to=to, attempt=attempt)
                    await sleep(250)
                    continue
                s.log.info("250 accepted", to=to, template=template, ref=ref)
                return True
        return False

    @mailer.consumer("receipt.ready")
    async def mail_receipt(ctx, m):
        ctx.log.info("got event", subject=m.topic, msg_id=m.id, receipt=m.body["no"], incoming=True)
        if await smtp(ctx, m.body["to"], "thank-you", m.body["no"]):
            await ctx.call("giving", f"PATCH /donations/{m.body['donation']}/thanked", client_span=False)
        else:
            ctx.log.error("giving up on mail", to=m.body["to"])

    @mailer.consumer("donation.refunded")
    async def mail_refund(ctx, m):
        await smtp(ctx, m.body["email"], "refund-notice", f"#{m.body['id']}")

    @mailer.consumer("donation.failed")
    async def mail_failed(ctx, m):
        await smtp(ctx, m.body["email"], "please-update-card", f"#{m.body['id']}")
        ctx.log.info("dunning mail done", donation=m.body["id"], took=f"{ctx.elapsed_ms():.0f}ms")

    @mailer.consumer("campaign.milestone")
    async def mail_milestone(ctx, m):
        ctx.log.info("milestone newsletter scheduled", campaign=m.body["slug"], pct=m.body["pct"], incoming=True)

    # ------------------------------------------------------------------ campaigns
    @campaigns.consumer("donation.confirmed")
    async def thermometer(ctx, m):
        slug = m.body["slug"]
        before = totals[slug]
        totals[slug] += m.body["amount"]
        cache.pop(slug, None)
        async with ctx.span("INCRBY total", "CLIENT") as c:
            await c.work(0.8)
            c.log.debug(f"INCRBY total:{slug} {m.body['amount']}")
        ctx.log.info("thermometer up", slug=slug, total=totals[slug], donation=m.body["id"], incoming=True)
        if before // 500 != totals[slug] // 500:
            async with ctx.producer("campaign.milestone") as p:
                await p.send({"slug": slug, "pct": totals[slug] // 500 * 5})
                p.log.info("milestone!", slug=slug, reached=totals[slug] // 500 * 500)

    @campaigns.consumer("donation.refunded")
    async def thermometer_down(ctx, m):
        totals[m.body["slug"]] -= m.body["amount"]
        await ctx.work(1)

    @campaigns.http("GET /campaigns/{slug}")
    async def page(ctx, b):
        slug = b["_route"].rsplit("/", 1)[1]
        if slug in cache:
            ctx.log.debug("cache hit", slug=slug, incoming=True)
            return 200, {}
        async with ctx.span("mongo find campaigns", "CLIENT") as c:
            await c.work(7)
            c.log.debug("cache miss, loaded", slug=slug)
        cache[slug] = 1
        return 200, {}

    # ------------------------------------------------------------------ tax reclaim
    @taxback.consumer("donation.confirmed")
    async def tax(ctx, m):
        if not m.body["taxpayer"]: return
        await ctx.work(3)
        claims.append((m.body["id"], ctx))
        ctx.log.info(f"declaration on file, donation {m.body['id']} joins next claim", logger="Eligibility", incoming=True)

    @taxback.every(8, first=7)
    async def submit_claim(ctx):
        batch, claims[:] = claims[:], []
        if not batch: return
        n["claim"] += 1
        for _, c in batch: ctx.link(c)
        async with ctx.span("validate claim") as s:
            await s.work(20)
        async with ctx.span("POST transaction.engine", "CLIENT") as s:
            await s.work(400)
            s.log.info(f"claim C{n['claim']} lodged with {len(batch)} donations, correlation {ctx.rng.getrandbits(64):016X}", logger="Submission")
        await sleep(1500)
        async with ctx.span("POST transaction.engine/poll", "CLIENT") as s:
            await s.work(150)
        ctx.log.info(f"claim C{n['claim']} accepted after {ctx.elapsed_ms() / 1000:.1f} s", logger="Submission")

    www.noise(6, lambda l: l.info("signal process started: reopening logs"))
    ledger.noise(4, lambda l: l.debug("telemetry vm memory total=%d" % w.rng.randrange(10**7, 10**8)))
    payments.noise(5, lambda l: l.info("[Sidekiq] stats busy=%d enqueued=0 dead=2" % w.rng.randrange(4)))
    mailer.noise(7, lambda l: l.info("dkim key cache refreshed", keys=3))
    campaigns.noise(4, lambda l: l.info("healthcheck", ok=True))
    taxback.noise(9, lambda l: l.info("taxback 2.9 on JVM heap used 211MB", logger="Health"))


async def load(w):
    uas = ["Mozilla/5.0 (iPhone)", "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Windows NT 10.0)"]

    async def one(i):
        r = w.rng
        who = {"ip": f"81.2.{r.randrange(256)}.{r.randrange(256)}", "ua": r.choice(uas)}
        slug = r.choice(CAMPS)
        if r.random() < 0.3:
            await w.start("www", f"GET /campaigns/{slug}", who)
            await sleep(900)
            if r.random() < 0.4: return
        st, a = await w.start("www", "POST /donate", who | {"amount": r.choice([5, 10, 20, 25, 50, 100]), "slug": slug, "email": f"{r.choice('abcdefg')}{r.randrange(1000)}@example.com", "taxpayer": r.random() < 0.6})
        if st == 201 and r.random() < 0.15:
            await sleep(5000)
            await w.start("www", "POST /refunds", who | {"id": a["id"]})
        elif st == 201 and r.random() < 0.1:
            await sleep(6000)
            await w.start("www", f"GET /receipts/{a['id']}", who)
    await arrivals(w, 120, 4, one)

record(build, load, "f_charity")
