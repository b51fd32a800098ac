"""Streaming royalties: services upload usage reports that are split, matched in chunks and joined; money is valued, posted in a ledger,
artists ask for payouts (a saga with a bank that calls back), rights are claimed and disputed, and unmatched works are retried by a job."""
import json
from world import *


def envoy(r):           # ingress: Envoy, JSON access log
    f = r.fields
    if "path" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid % 90}][{r.level.lower()}][upstream] [source/common/upstream/health_checker.cc:314] {r.message}"
    d = {"start_time": isoz(type("T", (), {"time": r.time - datetime.timedelta(milliseconds=f["duration"]), "ns": r.ns - f["duration"] * 1_000_000})), **f, "response_flags": "-", "upstream_cluster": f["cluster"]}
    del d["cluster"]
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def zero(r):            # usage: zerolog's console writer
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in sorted(r.fields.items()))
    i = f" span={r.span_id} trace={r.trace_id}" if r.trace_id else ""
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}Z {dict(DEBUG='DBG', INFO='INF', WARN='WRN', ERROR='ERR')[r.level]} {r.logger} > {r.message}{f}{i}" + (f" upstream={r.incoming_parent}" if r.incoming_parent else "")


def logstash(r):        # matching: Scala, logstash encoder
    d = {"@timestamp": isoz(r), "@version": "1", "message": r.message, "logger_name": "fm.royal.matching." + r.logger, "thread_name": f"matching-akka.actor.default-dispatcher-{r.thread + 3}", "level": r.level, "level_value": dict(DEBUG=10000, INFO=20000, WARN=30000, ERROR=40000)[r.level]}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentSpanId"] = r.incoming_parent
    if "stack" in r.fields: d["stack_trace"] = r.fields.pop("stack")
    return json.dumps(d | r.fields, separators=(",", ":"))


def timbre(r):          # rights: Clojure, timbre; maps in edn
    edn = lambda v: json.dumps(v) if isinstance(v, str) else str(v).lower() if isinstance(v, bool) else str(v)
    m = dict(r.fields)
    if r.trace_id: m |= {"trace-id": r.trace_id, "span-id": r.span_id}
    if r.incoming: m["traceparent"] = r.incoming
    return f"{r.time:%y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} rights-1 {r.level} [rights.{r.logger}] - {r.message}" + (" {" + ", ".join(f":{k} {edn(v)}" for k, v in m.items()) + "}" if m else "")


def jboss(r):           # valuation: WildFly pattern
    i = f" tid:{r.trace_id} sid:{r.span_id}" if r.trace_id else ""
    p = f" from:{r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [{r.logger}] (pool-2-thread-{r.thread}){i}{p} {r.message}"


def mslog(r):           # ledger: .NET JSON console
    d = {"Timestamp": isoz(r, 7), "EventId": r.fields.get("EventId", 0), "LogLevel": dict(DEBUG="Debug", INFO="Information", WARN="Warning", ERROR="Error")[r.level], "Category": "Ledger." + r.logger, "Message": r.message}
    st = {k: v for k, v in r.fields.items() if k != "EventId"}
    if st: d["State"] = {"Message": r.message, **st}
    if r.trace_id: d["Scopes"] = [{"Message": f"SpanId:{r.span_id}, TraceId:{r.trace_id}", "SpanId": r.span_id, "TraceId": r.trace_id} | ({"ParentId": r.incoming_parent} if r.incoming_parent else {})]
    return json.dumps(d)


def semantic(r):        # payouts: Ruby, semantic_logger in colourless default
    i = f" {{trace_id: {r.trace_id}, span_id: {r.span_id}}}" if r.trace_id else ""
    dur = r.fields.pop("ms", None)
    pay = " -- " + json.dumps(r.fields) if r.fields else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d} {r.level[0]} [{r.pid}:{r.thread}]{f' ({dur:.1f}ms)' if dur is not None else ''}{i} {r.logger} -- {r.message}{pay}" + (f" traceparent={r.incoming}" if r.incoming else "")


def structlog(r):       # statements
    d = {"event": r.message, **r.fields, "level": r.level.lower().replace("warn", "warning"), "timestamp": isoz(r, 6)}
    if r.trace_id: d |= {"trace": {"id": r.trace_id, "span": r.span_id}}
    if r.incoming: d["remote"] = r.incoming
    return json.dumps(d)


def camel(r):           # bankbridge: Karaf's pipes
    i = f" | {r.trace_id}:{r.span_id}" if r.trace_id else " | -"
    if r.incoming_parent: i += f"<{r.incoming_parent}"
    return f"{isoz(r)[:-1].replace('.', ',')} | {r.level:<5} | Camel (bank) thread #{r.thread} | {r.logger:<18}{i} | {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.1, 6
    seqs = {"m": 0, "rep": 2200, "post": 880100, "po": 61000, "dis": 30}
    def seq(k, by=1):
        seqs[k] += by
        return seqs[k]
    w.new_message_id = lambda: f"1-{w.ns() // 10**9 % 100000}-{seq('m')}"
    w.payouts, w.artists, w.claims = {}, [f"ART{n:05d}" for n in w.rng.sample(range(100, 9000), 30)], []
    reports, limbo, waiting = {}, [], {}

    ing = w.service("ingress", envoy)
    use = w.service("usage", zero, errors=lambda c, e: c.log.error("message dropped", err=str(e), logger="mq.go:71"))
    mat = w.service("matching", logstash, errors=lambda c, e: c.log.error("Stream failed", logger="Pipeline", stack=f"akka.stream.StreamTcpException: {e}\n\tat akka.stream.impl.fusing.GraphInterpreter.processEvent(GraphInterpreter.scala:524)\n"))
    rig = w.service("rights", timbre, errors=lambda c, e: c.log.error(f"consumer blew up: {e}", logger="queue"))
    val = w.service("valuation", jboss, errors=lambda c, e: c.log.error(f"WFLYEJB0034: Jakarta Enterprise Beans Invocation failed: jakarta.ejb.EJBException: {e}\n\tat fm.royal.valuation.ChunkBean.onMessage(ChunkBean.java:90)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="org.jboss.as.ejb3.invocation"))
    led = w.service("ledger", mslog, errors=lambda c, e: c.log.error(f"Message abandoned: {e}", logger="Bus.Receiver", EventId=500))
    pay = w.service("payouts", semantic, errors=lambda c, e: c.log.error("Job failed for good", logger="PayoutWorker", exception=str(e)))
    sta = w.service("statements", structlog, errors=lambda c, e: c.log.error("task_failed", exc=repr(e)))
    bank = w.service("bankbridge", camel, errors=lambda c, e: c.log.error(f"Exhausted after delivery attempt: 1 caught: java.io.IOException: {e}", logger="DefaultErrorHandler"))

    @ing.http("ANY *")
    async def through(c, b):
        m, p = b["_route"].split(" ", 1)
        to = {"usage": "usage", "claims": "rights", "payouts": "payouts", "statements": "statements", "bank": "payouts"}[p.split("/")[2]]
        s, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", method=m, path=p, response_code=s, duration=int(c.elapsed_ms()), bytes_sent=c.rng.randrange(40, 900), cluster=to, request_id=f"{c.rng.getrandbits(64):016x}", incoming=True)
        return s, a
    ing.noise(7, lambda l: l.debug("connection success health_flags=healthy"))

    # ---- usage reports
    @use.http("POST /v1/usage")
    async def upload(c, b):
        rep = f"{b['dsp']}_2026M{seq('rep') % 12 + 1:02d}_{seqs['rep']}"
        async with c.span("s3 put", "CLIENT") as s:
            await s.work(40, 0.5)
            s.log.debug("stored", key=f"raw/{rep}.tsv", logger="s3.go:44")
        c.log.info("report accepted", report=rep, lines=b["lines"], logger="upload.go:30", incoming=True)
        n = b["lines"] // 1000 + 1
        reports[rep] = {"left": n, "of": n, "amount": 0}
        async def split():
            for k in range(n):
                async with c.span("cut chunk") as s:
                    await s.work(12)
                    if k: s.log.debug("cut", report=rep, chunk=k, logger="split.go:48")
                async with c.producer("usage.chunk") as p:
                    mid = await p.send({"report": rep, "chunk": k, "lines": min(1000, b["lines"] - 1000 * k), "dsp": b["dsp"]})
                    p.log.debug("chunk out", chunk=f"{rep}/{k}", msg=mid, logger="split.go:59")
            c.log.info("split done", report=rep, chunks=n, took=f"{c.elapsed_ms():.0f}ms", logger="split.go:66")
        c.spawn(split())
        return 202, {"report": rep}

    @use.consumer("chunk.valued")
    async def join(c, m):
        x = reports[m.body["report"]]
        x["left"] -= 1
        x["amount"] += m.body["cents"]
        await c.work(1)
        if x["left"] == 0:
            c.log.info("report complete", report=m.body["report"], cents=x["amount"], logger="join.go:21", incoming=True)
            await c.publish("report.closed", {"report": m.body["report"], "cents": x["amount"]})
        elif c.rng.random() < 0.5:
            c.log.debug("joined", report=m.body["report"], left=x["left"], logger="join.go:27", incoming=True)
    use.noise(6, lambda l: l.debug("gc", heap_mb=w.rng.randrange(50, 300), logger="main.go:18"))

    # ---- matching
    @mat.consumer("usage.chunk", retries=2, retry_ms=350, concurrency=5)
    async def match(c, m):
        x = m.body
        key = f"{x['report']}#{x['chunk']}"
        if m.attempt > 1: c.log.info(f"Redelivery {m.attempt} of chunk {key}", logger="ChunkConsumer", incoming=True)
        async with c.span("fingerprint lookup") as s:
            async with s.span("elastic msearch", "CLIENT") as e:
                await e.work(45, 0.4)
                if e.rng.random() < 0.06 and m.attempt < 3:
                    e.log.warning(f"429 Too Many Requests from es-2 for {key}", logger="EsClient")
                    raise Exception("429")
                e.log.debug(f"msearch {x['lines']} queries took {e.elapsed_ms():.0f} ms", logger="EsClient")
        miss = c.rng.choice([0, 0, 0, 1, 3])
        art = c.rng.sample(w.artists, 2)
        async with c.client("rights", "POST /shares") as k:
            st, a = await k.send({"artists": art, "chunk": key})
            k.log.debug(f"shares for {key}: {st} in {k.elapsed_ms():.0f} ms", logger="RightsClient")
        c.log.info(f"Chunk {key}: {x['lines'] - miss} matched, {miss} unmatched", logger="ChunkConsumer", incoming=m.attempt == 1)
        for n in range(miss):
            iswc = f"T-{c.rng.randrange(100, 999)}.{c.rng.randrange(100, 999)}.{c.rng.randrange(100, 999)}-{n}"
            async with c.producer("work.unmatched") as p:
                await p.send({"iswc": iswc, "chunk": key})
                if n == 0: p.log.debug(f"unmatched {iswc} parked", logger="Limbo")
        async with c.producer("chunk.matched") as p:
            p.log.debug(f"chunk.matched <- {key}", logger="Sink")
            await p.send({"report": x["report"], "chunk": x["chunk"], "artists": art, "plays": x["lines"] - miss, "dsp": x["dsp"]})

    @mat.consumer("work.unmatched")
    async def park(c, m):
        async with c.span("cassandra insert", "CLIENT") as d:
            await d.work(4)
        limbo.append((m.body["iswc"], c, 1))
        c.log.debug(f"{m.body['iswc']} of {m.body['chunk']} put in limbo", logger="LimboWriter", incoming=True)

    @mat.every(5)
    async def retry_unmatched(c):
        take, limbo[:] = list(limbo), []
        c.log.debug(f"limbo has {len(take)} works", logger="LimboJob")
        for iswc, origin, n in take[:8]:
            async with c.span("second look") as s:
                s.link(origin)
                await s.work(25, 0.5)
                if s.rng.random() < 0.6: s.log.info(f"{iswc} found on try {n}", logger="LimboJob")
                elif n < 2:
                    s.log.info(f"{iswc} still unknown", logger="LimboJob")
                    limbo.append((iswc, origin, n + 1))
                else:
                    s.log.warning(f"{iswc} goes to the black box", logger="LimboJob")
                    await s.publish("work.blackbox", {"iswc": iswc})
    mat.noise(5, lambda l: l.debug("Cluster Member [akka://matching@10.1.2.3:2552] heartbeat ok", logger="Cluster"))

    # ---- rights
    @rig.http("POST /shares")
    async def shares(c, b):
        async with c.span("datomic q", "CLIENT") as d:
            await d.work(9)
            if d.rng.random() < 0.4: d.log.debug("q", ms=round(d.elapsed_ms(), 1), logger="db", chunk=b["chunk"])
        c.log.info("shares looked up", artists=len(b["artists"]), logger="api", incoming=True)
        return 200, {}

    @rig.http("POST /v1/claims")
    async def claim(c, b):
        await c.work(5)
        d = f"CLM/{seq('dis')}/26"
        w.claims.append(d)
        async with c.span("datomic transact", "CLIENT") as x:
            await x.work(12)
            x.log.debug("tx", claim=d, logger="db")
        c.log.info("claim opened", claim=d, iswc=b["work"], by=b["artist"], logger="claims", incoming=True)
        async with c.producer("claim.opened") as p:
            await p.send({"claim": d, "work": b["work"], "artist": b["artist"]})
        return 201, {"claim": d}

    @rig.consumer("work.blackbox")
    async def black(c, m):
        await c.work(6)
        c.log.warn("work without an owner", iswc=m.body["iswc"], logger="blackbox", incoming=True)

    @rig.consumer("claim.checked")
    async def resolved(c, m):
        await c.work(7)
        c.log.info("claim " + ("granted" if m.body["ok"] else "denied"), claim=m.body["claim"], logger="claims")
        if m.body["ok"]:
            async with c.producer("share.changed") as p:
                await p.send(m.body)
                p.log.debug("told the others", claim=m.body["claim"], logger="claims")
    rig.noise(8, lambda l: l.debug("peer cache", logger="db", hits=w.rng.randrange(10**5)))

    # ---- valuation
    @val.consumer("chunk.matched", retries=1, retry_ms=300)
    async def value(c, m):
        x = m.body
        L = "fm.royal.valuation.ChunkBean"
        c.log.debug(f"onMessage {m.id}: report {x['report']} chunk {x['chunk']}", logger=L, incoming=True)
        async def rate():
            async with c.span("GET ecb/rates", "CLIENT") as s:
                await s.work(30, 0.6)
                s.log.debug(f"EUR/USD {s.rng.uniform(1.05, 1.2):.4f}", logger="fm.royal.valuation.Fx")
        async def tariff():
            async with c.span("select tariff", "CLIENT") as s:
                await s.work(5)
        await asyncio.gather(rate(), tariff())
        cents = int(x["plays"] * c.rng.uniform(0.2, 0.5))
        async with c.span("insert valuation", "CLIENT") as d:
            await d.work(8)
            d.log.debug(f"insert into VALUATION (REPORT, CHUNK, CENTS) values ('{x['report']}', {x['chunk']}, {cents})", logger="org.hibernate.SQL")
        async def post(a):
            if a > "ART05":
                await c.publish("posting.wanted", {"account": a, "cents": cents // 2, "ref": x["report"]}, producer_span=False)
                return
            async with c.producer("posting.wanted") as p:
                await p.send({"account": a, "cents": cents // 2, "ref": x["report"]})
                p.log.debug(f"{cents // 2} ct for {a} sent to queue/postings", logger="fm.royal.valuation.LedgerQueue")
        await asyncio.gather(*[post(a) for a in x["artists"]], c.publish("chunk.valued", {"report": x["report"], "cents": cents}))
        c.log.info(f"Valued chunk {x['chunk']} of {x['report']}: {cents / 100:.2f} EUR, {c.elapsed_ms():.0f} ms", logger=L)

    @val.consumer("share.changed")
    async def reval(c, m):
        c.log.info(f"Revaluation for {m.body['claim']}", logger="fm.royal.valuation.ClaimBean", incoming=True)
        await c.work(60)
        await c.publish("posting.wanted", {"account": m.body["artist"], "cents": c.rng.randrange(50, 9000), "ref": m.body["claim"]})

    @val.consumer("claim.opened")
    async def examine(c, m):
        async with c.span("compare works") as s:
            await s.work(150, 0.5)
            s.log.info(f"{m.body['claim']}: {m.body['work']} compared against repertoire", logger="fm.royal.valuation.ClaimBean")
        await sleep(c.rng.uniform(300, 1500))
        c.log.debug(f"{m.body['claim']} done, telling rights", logger="fm.royal.valuation.ClaimBean", incoming=True)
        await c.publish("claim.checked", m.body | {"ok": c.rng.random() < 0.6})
    val.noise(6, lambda l: l.debug("Reaped 0 idle connections of RoyalDS", logger="org.jboss.jca.core"))

    # ---- ledger
    @led.consumer("posting.wanted", concurrency=4)
    async def posting(c, m):
        async with c.span("EXEC usp_Post", "CLIENT") as d:
            await d.work(7)
            if d.rng.random() < 0.8: d.log.debug("Executed usp_Post", logger="Sql", Account=m.body["account"], Rows=2)
        n = seq("post")
        c.log.info(f"Posted {n}: {m.body['cents']} ct to {m.body['account']}", logger="Postings", EventId=201, Reference=m.body["ref"], incoming=True)

    @led.http("POST /reservations")
    async def reserve(c, b):
        async with c.span("EXEC usp_Reserve", "CLIENT") as d:
            await d.work(9)
        if c.rng.random() < 0.1:
            c.log.warning(f"Balance of {b['account']} too low", logger="Reservations", EventId=310, PayoutNo=b["payout"], incoming=True)
            return 409, {}
        c.log.info(f"Reserved {b['cents']} ct on {b['account']}", logger="Reservations", EventId=301, PayoutNo=b["payout"], incoming=True)
        return 201, {}

    @led.http("DELETE /reservations/{p}")
    async def release(c, b):
        await c.work(6)
        c.log.info(f"Reservation for {b['_route'].split('/')[-1]} released", logger="Reservations", EventId=302, incoming=True)
        return 204, {}

    @led.consumer("payout.settled")
    async def settle(c, m):
        async with c.span("EXEC usp_Settle", "CLIENT") as d:
            await d.work(8)
            d.log.debug("Executed usp_Settle", logger="Sql", PayoutNo=m.body["po"], Rows=3)
        if c.rng.random() < 0.8: c.log.info(f"Payout {m.body['po']} settled", logger="Reservations", EventId=303, incoming=True)
    led.noise(7, lambda l: l.debug("Checkpoint written", logger="Outbox"))

    # ---- payouts: saga, callback of the bank in a transaction of its own
    @pay.http("POST /v1/payouts")
    async def new(c, b):
        po = f"P-{seq('po', 7)}"
        w.payouts[po] = {"state": "new", "artist": b["artist"]}
        async with c.span("INSERT payouts", "CLIENT") as d:
            await d.work(5)
            d.log.debug("Payout Create", logger="ActiveRecord", ms=d.elapsed_ms(), number=po)
        async with c.client("ledger", "POST /reservations") as k:
            s, _ = await k.send({"account": b["artist"], "cents": b["cents"], "payout": po})
            k.log.info(f"Ledger said {s}", logger="LedgerClient", ms=k.elapsed_ms(), payout=po)
        if s != 201:
            w.payouts[po]["state"] = "refused"
            c.log.info("Payout refused", logger="PayoutsController", payout=po, artist=b["artist"], incoming=True)
            return 409, {}
        await c.publish("payout.ordered", {"po": po, "artist": b["artist"], "cents": b["cents"]}, producer_span=False)
        c.log.info("Payout ordered", logger="PayoutsController", payout=po, artist=b["artist"], ms=c.elapsed_ms(), incoming=True)
        return 202, {"po": po}

    @pay.consumer("bank.lost", retries=0)
    async def lost(c, m):
        po = m.body["po"]
        w.payouts[po]["state"] = "failed"
        c.log.warning(f"Bank never took {po}, compensating", logger="PayoutWorker", incoming=True)
        await c.call("ledger", "DELETE /reservations/" + po)
        await c.publish("payout.failed", m.body)

    @pay.http("POST /v1/bank/notifications")
    async def hook(c, b):
        po = b["endToEndId"]
        c.log.info("Webhook received", logger="BankWebhooks", e2e=po, status=b["status"], incoming=True)
        async with c.span("UPDATE payouts", "CLIENT") as d:
            await d.work(5)
            d.log.debug("Payout Update", logger="ActiveRecord", ms=d.elapsed_ms(), number=po)
        if b["status"] == "ACSC":
            w.payouts[po]["state"] = "paid"
            async with c.producer("payout.settled") as p:
                await p.send({"po": po, "artist": w.payouts[po]["artist"]})
                p.log.info("payout.settled sent", logger="Bus", payout=po)
        else:
            w.payouts[po]["state"] = "returned"
            c.log.warning("Money came back, releasing", logger="BankWebhooks", payout=po)
            async with c.client("ledger", "DELETE /reservations/" + po) as k:
                await k.send()
            await c.publish("payout.failed", {"po": po, "artist": w.payouts[po]["artist"]})
        return 200, {}

    @pay.http("GET /v1/payouts/{po}")
    async def show(c, b):
        po = b["_route"].split("/")[-1]
        await c.work(4)
        c.log.debug("Payout Load", logger="ActiveRecord", ms=c.elapsed_ms(), number=po, incoming=True)
        return 200, w.payouts[po]
    pay.noise(6, lambda l: l.debug("Puma stats", logger="Puma", backlog=0, running=5))

    # ---- bank bridge
    @bank.consumer("payout.ordered")
    async def order(c, m):
        po = m.body["po"]
        c.log.info(f"pain.001 for {po}: {m.body['cents'] / 100:.2f} EUR to {m.body['artist']}", logger="route-out", incoming=True)
        for n in (1, 2, 3):
            async with c.span("POST bank/payments", "CLIENT") as k:
                await k.work(180, 0.5)
                ok = k.rng.random() > 0.15
                k.log.debug(f"<- {'201 Created' if ok else '502 Bad Gateway'} ({po})", logger="http4")
            if ok: break
            c.log.warning(f"Failed delivery for {po}. On delivery attempt: {n} caught: HttpOperationFailedException 502", logger="DefaultErrorHandler")
            await sleep(250 * n)
        if not ok:
            async with c.producer("bank.lost") as p:
                await p.send(m.body)
                p.log.error(f"{po} moved to dead letter channel bank.lost", logger="DeadLetterChannel")
            return
        w.accepted(po)
    bank.noise(5, lambda l: l.debug("polled ftp://bank/out, 0 files", logger="route-in"))

    # ---- statements
    @sta.consumer("report.closed")
    async def statement(c, m):
        c.log.info("statement_started", report=m.body["report"], message_id=m.id, incoming=True)
        async with c.span("query ledger view", "CLIENT") as d:
            await d.work(14)
            d.log.debug("sql", statement="SELECT account, sum(cents) FROM postings WHERE ref = $1 GROUP BY 1", rows=d.rng.randrange(2, 30))
        async with c.span("render") as s:
            await s.work(55)
        async with c.span("s3 put", "CLIENT") as s:
            await s.work(35)
            s.log.debug("uploaded", key=f"statements/{m.body['report']}.pdf")
        c.log.info("statement_finished", report=m.body["report"], total=m.body["cents"], seconds=round(c.elapsed_ms() / 1000, 3))

    def note(topic, kind):
        @sta.consumer(topic)
        async def n(c, m):
            await c.work(20)
            async with c.span("POST mail", "CLIENT") as k:
                await k.work(60)
                if k.rng.random() < 0.5: k.log.debug("http", status=202)
            c.log.info("artist_notified", kind=kind, about=m.body["po"], artist=m.body["artist"], incoming=True)
    note("payout.settled", "paid"); note("payout.failed", "failed")

    @sta.http("GET /v1/statements/{artist}")
    async def get(c, b):
        async with c.span("query ledger view", "CLIENT") as d:
            await d.work(11)
            d.log.debug("sql", statement="SELECT * FROM postings WHERE account = $1", rows=d.rng.randrange(40))
        c.log.info("statement_served", artist=b["_route"].split("/")[-1], incoming=True)
        return 200, {}
    sta.noise(9, lambda l: l.info("beat", due=0))


async def load(w):
    r = w.rng
    r.shuffle(w.artists)

    def accepted(po):           # the bank calls back, some time later
        async def later():
            await sleep(r.uniform(400, 4000))
            await w.start("ingress", "POST /v1/bank/notifications", {"endToEndId": po, "status": "ACSC" if r.random() > 0.12 else "RJCT"})
        w._spawn(later())
    w.accepted = accepted

    async def one(i):
        x = r.random()
        if x < 0.34:
            await w.start("ingress", "POST /v1/usage", {"dsp": r.choice(["spinfy", "tunr", "amzx"]), "lines": r.randrange(200, 1600)})
        elif x < 0.46:
            await w.start("ingress", "POST /v1/claims", {"artist": r.choice(w.artists), "work": f"T-{r.randrange(100, 999)}.{r.randrange(100, 999)}.{r.randrange(100, 999)}-{r.randrange(10)}"})
        elif x < 0.56:
            await w.start("ingress", "GET /v1/statements/" + r.choice(w.artists))
        else:
            s, a = await w.start("ingress", "POST /v1/payouts", {"artist": r.choice(w.artists), "cents": r.randrange(2000, 90000)})
            if s == 202 and r.random() < 0.3:
                await sleep(r.uniform(200, 3000))
                await w.start("ingress", "GET /v1/payouts/" + a["po"])
    await arrivals(w, 115, 4, one)
    await sleep(7000)

record(build, load, "o_royalty")
