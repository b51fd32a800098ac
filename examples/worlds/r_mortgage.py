"""Mortgage origination of a building society: applications go through an outbox to Kafka, credit, valuation and underwriting work side by side and are joined,
offers are rendered and filed, acceptance is a saga over treasury and registry with compensation; documents come later, rate locks run out."""
import json
from world import *

JL = {"DEBUG": 10000, "INFO": 20000, "WARN": 30000, "ERROR": 40000}
def milli(r): return r.time.microsecond // 1000

def short(name, width):          # as logback's %logger{n}
    parts = name.split(".")
    for i in range(len(parts) - 1):
        if len(".".join(parts)) <= width: break
        parts[i] = parts[i][0]
    return ".".join(parts)

def netty_access(r):             # edge: Spring Cloud Gateway, reactor-netty's access log, whole seconds
    if "line" not in r.fields: return f"[{r.time:%d/%b/%Y:%H:%M:%S} +0000] {r.level} {r.message}"
    f = r.fields
    ids = f" {r.trace_id}/{r.span_id}" if r.trace_id else " -/-"
    return f"{f['ip']} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['line']} HTTP/1.1\" {f['st']} {f['size']} {f['ms']}{ids}"

def boot3(r):                    # origination
    ids = f"[{r.trace_id}-{r.span_id}]" if r.trace_id else "[" + " " * 49 + "]"
    tail = f" [traceparent: {r.incoming}]" if r.incoming else ""
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [origination] [{str(r.thread)[-15:]:>15}] {ids} {short(r.logger, 39):<40} : {r.message}{tail}"

def akka(r):                     # affordability: logback with akka's mdc
    mdc = f" [trace_id={r.trace_id}, span_id={r.span_id}]" if r.trace_id else " []"
    if r.incoming_parent: mdc = mdc[:-1] + f", parent={r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d}] [{r.level}] [{r.logger}] [affordability-akka.actor.default-dispatcher-{r.thread}]{mdc} - {r.message}"

def micronaut(r):                # bureau-adapter
    ids = f" ({r.trace_id}:{r.span_id})" if r.trace_id else " (:)"
    if r.incoming_parent: ids = ids[:-1] + f"<{r.incoming_parent})"
    return f"{r.time:%H:%M:%S}.{milli(r):03d} [pool-2-thread-{r.thread}] {r.level:<5} {short(r.logger, 28)}{ids} - {r.message}".replace(f"{r.time:%H:%M:%S}", f"{r.time:%Y-%m-%d %H:%M:%S}", 1)

def sleuth(r):                   # valuation: Boot 2, Camel
    ids = f"[valuation,{r.trace_id},{r.span_id}]" if r.trace_id else "[valuation,,]"
    if r.incoming_parent: ids = ids[:-1] + f",{r.incoming_parent}]"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r):03d} {r.level:>5} {ids} {r.pid} --- [{r.thread}] {short(r.logger, 36):<36} : {r.message}"

def ecs(r):                      # underwriting: log4j2 JsonTemplateLayout, EcsLayout
    d = {"@timestamp": isoz(r), "ecs.version": "1.2.0", "log.level": r.level, "message": r.message, "process.thread.name": f"underwriting-0-C-{r.thread}", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    if r.fields: d["labels"] = r.fields
    return json.dumps(d, separators=(",", ":"))

def quarkus(r):                  # offers
    ids = f"traceId={r.trace_id}, parentId={r.incoming_parent or ''}, spanId={r.span_id}, sampled=true" if r.trace_id else "traceId=, parentId=, spanId=, sampled="
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d} {r.level:<5} {ids} [{short(r.logger, 24)}] (vert.x-worker-thread-{r.thread}) {r.message}"

def structlog(r):                # doc-vault: python structlog, key=value renderer
    s = f"{isoz(r, 6)} [{r.level.lower().replace('warn', 'warning'):<8}] {r.message:<30}" + "".join(f" {k}={v!r}" if isinstance(v, str) and " " in v else f" {k}={v}" for k, v in r.fields.items())
    if r.trace_id: s += f" span_id={r.span_id} trace_id={r.trace_id}"
    return s + (f" traceparent={r.incoming}" if r.incoming else "")

def clef(r):                     # comms: Serilog compact
    d = {"@t": isoz(r, 7), "@mt": r.message}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d | r.fields | {"SourceContext": r.logger}, separators=(",", ":"))

def jul(r):                      # treasury: java.util.logging's SimpleFormatter, two lines a record
    ids = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [from {r.incoming_parent}]"
    lv = {"DEBUG": "FINE", "WARN": "WARNING", "ERROR": "SEVERE"}.get(r.level, "INFO")
    return f"{r.time:%b} {r.time.day:02d}, {r.time:%Y} {int(r.time.strftime('%I'))}:{r.time:%M:%S} {r.time:%p} {r.logger}\n{lv}: {r.message}{ids}"


def build(w):
    w.network_ms, w.broker_ms = 1.4, 22
    P = "uk.co.wharfbs."
    edge = w.service("edge", netty_access)
    orig = w.service("origination", boot3, errors=lambda c, e: c.log.error(
        f"Backoff FixedBackOff{{interval=0, currentAttempts=1, maxAttempts=0}} exhausted for {c._span.name[8:]}-0@{c.rng.randrange(9000)}\norg.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed\n"
        f"\tat org.springframework.kafka.listener.KafkaMessageListenerContainer$ListenerConsumer.decorateException(KafkaMessageListenerContainer.java:2873)\nCaused by: java.lang.IllegalStateException: {e}",
        logger="org.springframework.kafka.listener.DefaultErrorHandler", thread="ntainer#0-0-C-1"))
    aff = w.service("affordability", akka, errors=lambda c, e: c.log.error(f"Supervision: {e}, stream restarted", logger="akka.stream.Materializer"))
    bur = w.service("bureau-adapter", micronaut, errors=lambda c, e: c.log.error(f"Error processing message for Kafka consumer [SubmittedListener]: {e}", logger="io.micronaut.configuration.kafka.exceptions.DefaultKafkaListenerExceptionHandler"))
    val = w.service("valuation", sleuth, errors=lambda c, e: c.log.error(f"Exhausted after delivery attempt: 1 caught: org.apache.camel.CamelExecutionException: {e}. Processed by failure processor: FatalFallbackErrorHandler[null]", logger="org.apache.camel.processor.errorhandler.DefaultErrorHandler", thread="Camel (val) thread #3"))
    uw = w.service("underwriting", ecs, errors=lambda c, e: c.log.error(f"Record skipped: {e}", logger=P + "uw.EvidenceListener"))
    off = w.service("offers", quarkus, errors=lambda c, e: c.log.error(f"SRMSG18207: A message sent to channel `decisions` has been nacked, ignoring failure: {e}", logger="io.smallrye.reactive.messaging.kafka"))
    vault = w.service("doc-vault", structlog, errors=lambda c, e: c.log.error("unhandled_exception", exc=str(e)))
    comms = w.service("comms", clef, errors=lambda c, e: c.log.error("R-FAULT {Reason}", Reason=str(e), logger="MassTransit.ReceiveTransport"))
    tre = w.service("treasury", jul, errors=lambda c, e: c.log.error(f"event bus handler failed: {e}", logger="uk.co.wharfbs.treasury.FacilityVerticle recipient"))
    w.apps, w.offers, files, locks = {}, {}, {}, []
    seq = {"app": 40112, "obx": 770, "case": 9100, "off": 51000, "off_": 0, "kafka": 12000, "doc": 0}
    def nxt(k, step=1):
        seq[k] += step
        return seq[k]

    # ------------------------------------------------------------ edge
    @edge.http("ANY *")
    async def route(c, b):
        verb, path = b["_route"].split(" ")
        to = {"documents": "doc-vault"}.get(path.split("/")[1], "origination")
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=c.rng.random() < 0.9)
        c.log.info("", line=b["_route"], ip=f"82.17.{c.rng.randrange(255)}.{c.rng.randrange(255)}", st=st, size=c.rng.randrange(40, 900), ms=int(c.elapsed_ms()))
        return st, a
    edge.noise(9, lambda log: log.info("", line="GET /actuator/health/liveness", ip="10.2.0.1", st=200, size=15, ms=1))

    # ------------------------------------------------------------ origination
    S = P + "origination.domain.ApplicationService"
    async def sql(c, thread, *statements, ms=5):
        async with c.span(statements[0].split(" ")[0].upper() + " origination", "CLIENT") as d:
            for s in statements:
                d.log.debug(s, logger="org.hibernate.SQL", thread=thread)
                await d.work(ms)

    async def relay(c, topic, kind, key, body):          # the outbox is looked at every 400 ms
        n = nxt("obx")
        await sleep(400 - (w.loop.now * 1000) % 400)
        async with c.producer(topic) as p:
            await p.send(body)
            p.log.info(f"Outbox event {n} ({kind}) for aggregate {key} sent to {topic}-{n % 6}@{nxt('kafka', 3)}", logger=P + "origination.outbox.OutboxRelay", thread="scheduling-1")

    @orig.http("POST /applications")
    async def submit(c, b):
        T = f"nio-8080-exec-{c.thread}"
        c.log.debug('POST "/applications", parameters={}', logger="org.springframework.web.servlet.DispatcherServlet", thread=T, incoming=True)
        app = f"MTG-26-{nxt('app', 3):06d}"
        who = [f"C{c.rng.randrange(10 ** 7):07d}" for _ in range(b["applicants"])]
        c.log.info(f"Application {app} received via {b['channel']}: loan {b['loan']} GBP over {b['term']}y, applicants [{', '.join(who)}]", logger=S, thread=T)
        async with c.client("affordability", "POST /checks") as k:
            F = {"logger": P + "origination.clients.AffordabilityClient", "thread": T}
            k.log.debug("[AffordabilityClient#check] ---> POST http://affordability/checks HTTP/1.1", **F)
            st, a = await k.send({"app": app, "income": b["income"], "loan": b["loan"]})
            k.log.debug(f"[AffordabilityClient#check] <--- HTTP/1.1 {st} ({k.elapsed_ms():.0f}ms)", **F)
        if not a["ok"]:
            c.log.warning(f"{app} declined at source: {a['why']}", logger=S, thread=T)
            await sql(c, T, "insert into application (channel,loan,state,term,app_no) values (?,?,?,?,?)")
            return 422, {}
        await sql(c, T, "insert into application (channel,loan,state,term,app_no) values (?,?,?,?,?)", "insert into outbox_event (aggregate_id,payload,type,id) values (?,?,?,?)")
        w.apps[app] = {"app": app, "who": who, "uprn": f"1000{c.rng.randrange(10 ** 8):08d}", "loan": b["loan"], "state": "SUBMITTED"}
        c.spawn(relay(c, "mortgage.submitted", "ApplicationSubmitted", app, w.apps[app]))
        c.log.debug("Completed 202 ACCEPTED", logger="org.springframework.web.servlet.DispatcherServlet", thread=T)
        return 202, {"id": app}

    @orig.http("GET /applications/{id}")
    async def status(c, b):
        T, app = f"nio-8080-exec-{c.thread}", b["_route"].split("/")[-1]
        c.log.debug(f'GET "/applications/{app}", parameters={{}}', logger="org.springframework.web.servlet.DispatcherServlet", thread=T, incoming=True)
        await sql(c, T, "select a1_0.app_no,a1_0.channel,a1_0.loan,a1_0.state from application a1_0 where a1_0.app_no=?", ms=2)
        c.log.debug("Completed 200 OK", logger="org.springframework.web.servlet.DispatcherServlet", thread=T)
        return 200, {}

    @orig.http("POST /applications/{id}/withdraw")
    async def withdraw(c, b):
        T, app = f"nio-8080-exec-{c.thread}", b["_route"].split("/")[2]
        w.apps[app]["state"] = "WITHDRAWN"
        await sql(c, T, "update application set state=? where app_no=?", "insert into outbox_event (aggregate_id,payload,type,id) values (?,?,?,?)", ms=3)
        c.log.info(f"Application {app} withdrawn by customer", logger=S, thread=T, incoming=True)
        c.spawn(relay(c, "mortgage.withdrawn", "ApplicationWithdrawn", app, w.apps[app]))
        return 200, {}

    @orig.consumer("decision.made", retries=2)
    async def decided(c, m):
        T, x = "ntainer#0-0-C-1", w.apps[m.body["app"]]
        await sql(c, T, "update application set state=? where app_no=?", ms=4)
        if x["state"] != "WITHDRAWN": x["state"] = m.body["outcome"]
        if c.rng.random() < 0.05 and m.attempt == 1:
            c.log.info(f"Record in retry and not yet recovered\norg.springframework.orm.ObjectOptimisticLockingFailureException: Row was updated or deleted by another transaction (or unsaved-value mapping was incorrect) : [{P}origination.domain.Application#{x['app']}]", logger="org.springframework.kafka.listener.DefaultErrorHandler", thread=T, incoming=True)
            raise Exception("stale")
        c.log.info(f"State of {x['app']} changed SUBMITTED -> {m.body['outcome']}", logger=P + "origination.kafka.DecisionListener", thread=T, incoming=True)

    @orig.http("POST /offers/{id}/accept")
    async def accept(c, b):
        T, o = f"nio-8080-exec-{c.thread}", w.offers[b["_route"].split("/")[2]]
        L = P + "origination.completion.CompletionSaga"
        c.log.info(f"Saga {o['no']}: offer accepted by {o['who'][0]}, step 1/3 RESERVE_FUNDS", logger=L, thread=T, incoming=True)
        st, a = await c.call("treasury", "POST /facilities", {"no": o["no"], "amount": o["loan"]})
        if st != 201:
            c.log.error(f"Saga {o['no']}: RESERVE_FUNDS failed with {st}, nothing to compensate", logger=L, thread=T)
            return 409, {}
        async def signed(n):
            async with c.client("doc-vault", f"POST /documents/{o['doc']}/seal") as k:
                return await k.send({})
        async def registry():
            async with c.span("HTTP GET land-registry", "CLIENT") as k:
                k.log.debug(f"HTTP GET https://lr.gov.example/os1s/{o['uprn']}", logger="org.springframework.web.client.RestTemplate", thread=T)
                await k.work(210, 0.6)
                good = k.rng.random() > 0.12
                k.log.debug("Response 200 OK" if good else "Response 409 CONFLICT", logger="org.springframework.web.client.RestTemplate", thread=T)
                return good
        _, good = await asyncio.gather(signed(0), registry())
        if not good:
            c.log.warning(f"Saga {o['no']}: SEARCH_PRIORITY rejected, compensating [RESERVE_FUNDS]", logger=L, thread=T)
            st, _ = await c.call("treasury", f"DELETE /facilities/{a['fac']}", {})
            c.log.info(f"Saga {o['no']}: compensated, {st}", logger=L, thread=T)
            return 409, {}
        await sql(c, T, "update offer set accepted_at=?,facility=? where offer_no=?", "insert into outbox_event (aggregate_id,payload,type,id) values (?,?,?,?)")
        c.log.info(f"Saga {o['no']} completed in {c.elapsed_ms():.0f} ms", logger=L, thread=T)
        c.spawn(relay(c, "offer.accepted", "OfferAccepted", o["no"], o | {"fac": a["fac"]}))
        return 200, {}

    @orig.consumer("rate.expired")
    async def repricing(c, m):
        T = "ntainer#1-0-C-1"
        await sql(c, T, "select o1_0.offer_no,o1_0.rate from offer o1_0 where o1_0.offer_no=?", "update offer set rate=?,state=? where offer_no=?", ms=2)
        c.log.info(f"Offer {m.body['no']} marked for repricing, {m.body['rate']} no longer held", logger=P + "origination.kafka.RateListener", thread=T, incoming=True)
    orig.noise(5, lambda log: log.debug(f"HikariPool-1 - Pool stats (total=10, active={w.rng.randrange(4)}, idle={w.rng.randrange(6, 10)}, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="l-1 housekeeper"))
    orig.startup(lambda log: log.info("Started OriginationApplication in 11.482 seconds (process running for 12.6)", logger=P + "origination.OriginationApplication", thread="main"))

    # ------------------------------------------------------------ affordability
    @aff.http("POST /checks")
    async def check(c, b):
        ratio = b["loan"] / b["income"]
        async with c.span("stress test") as s:
            await s.work(14)
            if c.rng.random() < 0.6: s.log.debug(f"stressed at 7.5%: ratio={ratio:.2f}", logger="afford.StressModel")
        ok = ratio < 4.9
        c.log.info(f"Checked({b['app']},{b['income']},{b['loan']},{str(ok).lower()})", logger="afford.CheckActor", incoming=True)
        return 200, {"ok": ok, "why": f"LTI {ratio:.1f}"}
    aff.noise(8, lambda log: log.debug("Received gossip status from [akka://affordability@10.2.4.7:2551]", logger="akka.cluster.ClusterCoreDaemon"))

    # ------------------------------------------------------------ bureau-adapter
    B = P + "bureau."
    @bur.consumer("mortgage.submitted", concurrency=6)
    async def score(c, m):
        x = m.body
        c.log.info(f"Scoring {len(x['who'])} applicant(s) of {x['app']}", logger=B + "SubmittedListener", incoming=True)
        scores = []
        for cust in x["who"]:
            for attempt in (1, 2, 3):
                async with c.span("POST bureau /v2/search", "CLIENT") as k:
                    await k.work(150, 0.5)
                    if k.rng.random() < 0.09 and attempt < 3:
                        k.log.warning(f"Retry 'bureau', waiting PT0.5S until attempt '{attempt}'. Last attempt failed with exception 'io.micronaut.http.client.exceptions.ReadTimeoutException: Read Timeout'.", logger="io.github.resilience4j.retry.internal.RetryImpl")
                        k.fail()
                        slow = True
                    else:
                        s = k.rng.randrange(280, 999)
                        k.log.debug(f"{cust} -> {s}", logger=B + "BureauClient")
                        scores.append(s)
                        slow = False
                if not slow: break
                await sleep(500)
        low = min(scores)
        async with c.span("SETEX", "CLIENT") as k: await k.work(1)
        await c.publish("credit.scored", {"app": x["app"], "score": low})
        c.log.info(f"{x['app']} scored {low} in {c.elapsed_ms():.0f}ms", logger=B + "SubmittedListener")
    bur.noise(7, lambda log: log.debug("[Consumer clientId=bureau-adapter-submitted-listener, groupId=bureau] Received successful Heartbeat response", logger="org.apache.kafka.clients.consumer.internals.ConsumerCoordinator"))

    # ------------------------------------------------------------ valuation (Camel)
    @val.consumer("mortgage.submitted", retries=2, retry_ms=700)
    async def avm(c, m):
        T, x = f"Camel (val) thread #{c.thread}", m.body
        ex = f"{c.rng.getrandbits(60):015X}-{c.rng.randrange(10 ** 16):016d}"
        async with c.span("avm-route") as s:
            c.log.info(f"AVM requested for UPRN {x['uprn']}", logger="avm-route", thread=T, incoming=True)
            await s.work(120, 0.5)
        if c.rng.random() < 0.07 and m.attempt < 3:
            c.log.error(f"Failed delivery for (MessageId: {ex} on ExchangeId: {ex}). On delivery attempt: {m.attempt - 1} caught: java.net.SocketTimeoutException: Read timed out\n\nMessage History (source location and message history is disabled)", logger="org.apache.camel.processor.errorhandler.DefaultErrorHandler", thread=T)
            raise Exception("timeout")
        worth = int(x["loan"] * c.rng.uniform(1.02, 2))
        if c.rng.random() < 0.25:
            c.log.info(f"confidence too low, surveyor instructed for {x['uprn']} ({x['app']})", logger="survey-route", thread=T)
            await sleep(c.rng.uniform(1500, 4500))
            async with c.span("surveyor-inbox") as s:
                s.log.info(f"Report for {x['uprn']} picked up from sftp://surveyors/in/{x['uprn']}.xml", logger="survey-route", thread=T)
                await s.work(18)
        async with c.producer("valuation.completed") as p:
            p.log.info(f"Exchange[ExchangePattern: InOnly, BodyType: uk.co.wharfbs.valuation.Valuation, Body: Valuation(uprn={x['uprn']}, value={worth})]", logger="done-route", thread=T)
            await p.send({"app": x["app"], "value": worth})

    # ------------------------------------------------------------ underwriting
    @uw.consumer("mortgage.submitted")
    async def open_case(c, m):
        await c.work(6)
        case = f"UW{nxt('case')}"
        files[m.body["app"]] = files.get(m.body["app"], {}) | {"case": case}
        c.log.info("Case opened", logger=P + "uw.CaseService", case=case, application_id=m.body["app"], incoming=True)
        await evaluate(c, m.body["app"])

    async def evaluate(c, app):
        f = files[app]
        if f.get("done") or not {"case", "score", "value"} <= set(f): return
        f["done"] = True
        async with c.span("evaluate rules") as s:
            await s.work(35)
            outcome = "APPROVED" if f["score"] > 420 and f["value"] > w.apps[app]["loan"] * 1.1 else "REFERRED" if f["score"] > 350 else "DECLINED"
            s.log.info(f"{s.rng.randrange(40, 60)} rules fired, outcome {outcome}", logger="org.drools.wharfbs.DecisionSession", case=f["case"])
        if outcome == "REFERRED":
            c.log.warning("Referred to manual underwriting", logger=P + "uw.CaseService", case=f["case"], score=f["score"])
            await sleep(c.rng.uniform(900, 3500))
            outcome = c.rng.choice(["APPROVED", "DECLINED"])
        async with c.producer("decision.made") as p:
            await p.send({"app": app, "outcome": outcome, "case": f["case"]})
            p.log.debug("decision.made produced", logger=P + "uw.DecisionProducer", case=f["case"], outcome=outcome)

    def evidence(topic, key):
        @uw.consumer(topic)
        async def arrived(c, m):
            files.setdefault(m.body["app"], {})[key] = m.body[key]
            async with c.span("UPDATE case_evidence", "CLIENT") as d: await d.work(5)
            c.log.info(f"Evidence {key} recorded", logger=P + "uw.EvidenceListener", application_id=m.body["app"], **{key: m.body[key]}, incoming=True)
            await evaluate(c, m.body["app"])
    evidence("credit.scored", "score"); evidence("valuation.completed", "value")

    @uw.consumer("mortgage.withdrawn")
    async def close_case(c, m):
        await c.work(4)
        f = files.get(m.body["app"], {})
        f["done"] = True
        c.log.info("Case closed", logger=P + "uw.CaseService", case=f.get("case"), reason="WITHDRAWN", incoming=True)
    uw.noise(6, lambda log: log.debug("Product matrix refreshed", logger=P + "uw.ProductCache", entries=318))

    # ------------------------------------------------------------ offers (Quarkus)
    @off.consumer("decision.made")
    async def make(c, m):
        x = w.apps[m.body["app"]]
        if m.body["outcome"] != "APPROVED":
            await c.work(3)
            return
        no = f"OF{nxt('off', 7)}"
        c.log.info(f"Preparing offer {no} for application {x['app']}", logger="uk.co.wharfbs.offers.DecisionProcessor", incoming=True)
        async with c.span("render pdf") as s:
            await s.work(240)
            s.log.debug(f"{no}.pdf rendered, 14 pages", logger="uk.co.wharfbs.offers.pdf.OfferRenderer")
        async with c.client("doc-vault", "PUT /documents/offer") as k:
            st, a = await k.send({"ref": no, "kind": "OFFER"})
        async with c.span("INSERT offers", "CLIENT") as d: await d.work(4)
        o = {"no": no, "app": x["app"], "who": x["who"], "doc": a["doc"], "loan": x["loan"], "uprn": x["uprn"], "rate": f"{c.rng.uniform(3.4, 5.9):.2f}%"}
        w.offers[no] = o
        x["offer"] = no
        locks.append((c, o, w.ns() + c.rng.randrange(2, 30) * NS))
        async with c.producer("offer.issued") as p:
            await p.send(o)
            p.log.info(f"Offer {no} issued (document {a['doc']}, rate {o['rate']})", logger="uk.co.wharfbs.offers.OfferService")

    @off.every(7)
    async def rate_lock_expiry(c):
        due = [l for l in locks if l[2] < w.ns()]
        locks[:] = [l for l in locks if l[2] >= w.ns()]
        c.log.debug(f"rate-lock-expiry: {len(due)} lock(s) due", logger="uk.co.wharfbs.offers.jobs.RateLockJob")
        for k, o, _ in due[:4]:
            c.link(k)
            async with c.producer("rate.expired") as p:
                p.log.info(f"Rate lock on {o['no']} ({o['rate']}) expired", logger="uk.co.wharfbs.offers.jobs.RateLockJob")
                await p.send(o)

    # ------------------------------------------------------------ doc-vault
    async def keep(c, kind, ref):
        doc = f"{c.rng.getrandbits(48):012x}"
        async with c.span("s3.PutObject", "CLIENT") as k:
            await k.work(45)
            if kind != "OFFER": k.log.debug("put_object", bucket="wbs-vault", key=f"{kind.lower()}/{doc}", bytes=c.rng.randrange(20000, 900000))
        return doc

    @vault.http("PUT /documents/offer")
    async def put(c, b):
        doc = await keep(c, b["kind"], b["ref"])
        c.log.info("document_stored", doc=doc, ref=b["ref"], kind=b["kind"], incoming=True)
        return 201, {"doc": doc}

    @vault.http("POST /documents")
    async def upload(c, b):
        c.log.info("upload_started", application=b["app"], filename=b["file"], incoming=True)
        doc = await keep(c, "EVIDENCE", b["app"])
        async with c.span("clamd scan", "CLIENT") as k: await k.work(30)
        async with c.producer("document.received") as p:
            await p.send({"app": b["app"], "doc": doc, "file": b["file"]})
        c.log.info("upload_finished", doc=doc, took=round(c.elapsed_ms() / 1000, 3))
        return 201, {}

    @vault.consumer("document.received")
    async def classify(c, m):
        async with c.span("ocr") as s:
            await s.work(420, 0.6)
            s.log.debug("ocr_done", doc=m.body["doc"], confidence=round(c.rng.uniform(0.6, 1), 2))
        await c.publish("document.classified", m.body | {"type": m.body["file"].split(".")[0]})
        c.log.info("classified", doc=m.body["doc"], type=m.body["file"].split(".")[0], incoming=True)

    @vault.http("POST /documents/{doc}/seal")
    async def seal(c, b):
        await c.work(25)
        c.log.info("sealed", doc=b["_route"].split("/")[2], incoming=True)
        return 204, {}

    @uw.consumer("document.classified")
    async def attach(c, m):
        await c.work(7)
        c.log.info("Document attached to case", logger=P + "uw.EvidenceListener", application_id=m.body["app"], document=m.body["doc"], type=m.body["type"], incoming=True)

    # ------------------------------------------------------------ comms
    def tell(topic, template, log):
        @comms.consumer(topic, retries=2, retry_ms=400)
        async def send(c, m):
            who = m.body["who"][0]
            if log: c.log.info("Consuming {MessageType} {MessageId}", MessageType=topic, MessageId=m.id, logger="Comms.Consumers", incoming=True)
            async with c.span("smtp send", "CLIENT") as k:
                await k.work(60)
                if k.rng.random() < 0.05 and m.attempt == 1:
                    k.log.warning("SMTP 451 for {CustomerNo}, will retry", CustomerNo=who, logger="Comms.Mailer")
                    raise Exception("451")
                k.log.info("Sent {Template} to {CustomerNo}", Template=template, CustomerNo=who, logger="Comms.Mailer", **({} if log else {"Reference": m.body.get("no") or m.body["app"]}))
    tell("mortgage.submitted", "we-have-your-application", True); tell("offer.issued", "your-offer", False)
    tell("offer.accepted", "next-steps", True); tell("rate.expired", "rate-expired", False)

    # ------------------------------------------------------------ treasury
    @tre.http("POST /facilities")
    async def reserve(c, b):
        await c.work(12)
        if c.rng.random() < 0.06:
            c.log.warning(f"limit of tranche 4 reached, refusing {b['amount']} for {b['no']}", logger="uk.co.wharfbs.treasury.FacilityVerticle reserve", incoming=True)
            return 409, {}
        fac = f"FAC/{c.rng.randrange(10 ** 6):06d}"
        c.log.info(f"reserved {b['amount']} GBP as {fac} for {b['no']}", logger="uk.co.wharfbs.treasury.FacilityVerticle reserve", incoming=True)
        return 201, {"fac": fac.replace("/", "-")}

    @tre.http("DELETE /facilities/{fac}")
    async def release(c, b):
        await c.work(8)
        c.log.info(f"released {b['_route'].split('/')[-1].replace('-', '/')}", logger="uk.co.wharfbs.treasury.FacilityVerticle release")
        return 200, {}

    @tre.consumer("offer.accepted")
    async def schedule_funds(c, m):
        async with c.span("INSERT drawdown", "CLIENT") as d: await d.work(6)
        c.log.info(f"drawdown of {m.body['loan']} on {m.body['fac'].replace('-', '/')} scheduled", logger="uk.co.wharfbs.treasury.DrawdownVerticle handle", incoming=True)
    tre.noise(10, lambda log: log.debug("SONIA fixing 4.2051 loaded", logger="uk.co.wharfbs.treasury.RateFeed poll"))


async def load(w):
    r = w.rng
    async def life(i):
        income = r.randrange(28, 140) * 1000
        st, a = await w.start("edge", "POST /applications", {"loan": int(income * r.uniform(2, 5)), "income": income, "term": r.choice([20, 25, 30, 35]), "applicants": r.choice([1, 1, 2]), "channel": r.choice(["broker", "branch", "web"])})
        if st != 202: return
        await sleep(r.uniform(200, 2500))
        for _ in range(r.choice([0, 0, 1, 2])):
            await w.start("edge", "POST /documents", {"app": a["id"], "file": r.choice(["payslip.pdf", "passport.jpg", "statement.pdf"])})
            await sleep(r.uniform(100, 900))
        if i % 3 == 0: await w.start("edge", f"GET /applications/{a['id']}")
        if i % 14 == 5: await w.start("edge", f"POST /applications/{a['id']}/withdraw")
        await sleep(r.uniform(3000, 8000))
        no = w.apps[a["id"]].get("offer")
        if no and r.random() < 0.75: await w.start("edge", f"POST /offers/{no}/accept")
    await arrivals(w, 62, 2.2, life)
    await sleep(3000)

record(build, load, "r_mortgage")
