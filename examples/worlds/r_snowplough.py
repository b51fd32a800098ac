"""Winter service of a region: stations' readings raise alerts, a solver cuts them into rounds, ploughs are sent out and report stretch by stretch,
the public map follows, salt is booked and ordered when it runs out, ploughs break down and are replaced, citizens complain, drivers are paid by a batch."""
import json
from world import *

def milli(r): return r.time.microsecond // 1000

def haproxy(r):               # front: HAProxy over syslog, with a timer block
    f = r.fields
    if "line" not in f: return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} front haproxy[{r.pid}]: {r.message}"
    ids = f" {r.trace_id}:{r.span_id}" if r.trace_id else " -:-"
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} front haproxy[{r.pid}]: {f['ip']}:{f['port']} {f['be']}/{f['be']}1 {f['st']} {f['ms']}ms \"{f['line']}\"{ids}"

def streams(r):               # stations: Kafka Streams on Boot 2.3, plain console pattern of its own
    ids = f"[{r.trace_id or ''}/{r.span_id or ''}]" if r.trace_id else "[/]"
    if r.incoming_parent: ids = ids[:-1] + f"<{r.incoming_parent}]"
    return f"{r.time:%H:%M:%S.}{r.time.microsecond:06d} {r.level:<5} [stations-StreamThread-{r.thread % 3 + 1}] {r.logger} {ids} {r.message}".replace(r.time.strftime("%H:%M:%S."), r.time.strftime("%Y-%m-%dT%H:%M:%S."), 1)

def pekko(r):                 # control: Pekko typed, json via logback's own JsonEncoder
    d = {"sequenceNumber": r.ns // 1000 % 10 ** 6, "timestamp": r.ns // 1_000_000, "nanoseconds": r.ns % NS, "level": r.level, "threadName": f"control-pekko.actor.default-dispatcher-{r.thread}", "loggerName": r.logger,
         "mdc": {}, "message": r.message, "throwable": None}
    f = dict(r.fields)
    if "source" in f: d["mdc"]["pekkoSource"] = "pekko://control/" + f.pop("source")
    if r.trace_id: d["mdc"] |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["mdc"]["traceparent"] = r.incoming
    if f: d["kvpList"] = [{k: v} for k, v in f.items()]
    return json.dumps(d, separators=(",", ":"))

def timefold(r):              # solver: Quarkus dev-ish console
    ids = f" {{traceId={r.trace_id}, spanId={r.span_id}}}" if r.trace_id else " {}"
    if r.incoming_parent: ids = ids[:-1] + f", parentId={r.incoming_parent}}}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d} {r.level:<5} [{r.logger}] (executor-thread-{r.thread}){ids} {r.message}"

def hive(r):                  # fleet-mqtt: kotlin, HiveMQ-like
    ids = f" tr={r.trace_id} sp={r.span_id}" if r.trace_id else " tr= sp="
    if r.incoming_parent: ids += f" pa={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d} {r.level:<5} -{ids} - {r.message}"

def jboss(r):                 # salt: EAP, server.log of long ago
    ids = f"[{r.trace_id}.{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-2] + f" by {r.incoming_parent}] "
    return f"{r.time:%H:%M:%S},{milli(r):03d} {r.level:<5} [{r.logger}] (default task-{r.thread}) {ids}{r.message}".replace(f"{r.time:%H:%M:%S}", f"{r.time:%d-%m-%Y %H:%M:%S}", 1)

def winston(r):               # roadmap: node
    d = {"level": r.level.lower(), "message": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d | {"timestamp": isoz(r)}, separators=(",", ":"))

def spring2(r):               # citizens: kotlin spring, ansi off
    ids = f"[citizens,{r.trace_id},{r.span_id},true]" if r.trace_id else "[citizens,,,]"
    if r.incoming: ids += f"[{r.incoming}]"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{milli(r):03d}  {r.level:<5} {ids} {r.pid} --- [or-http-epoll-{r.thread}] {r.logger:<36} : {r.message}"

def elixir(r):                # notifier: Elixir Logger
    meta = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: meta += f"parent_id={r.incoming_parent} "
    return f"{r.time:%H:%M:%S}.{milli(r):03d} {meta}[{r.level.lower().replace('warn', 'warning')}] {r.message}".replace(f"{r.time:%H:%M:%S}", f"{r.time:%Y-%m-%d %H:%M:%S}", 1)

def quartz(r):                # timesheets: logback with %-30.30logger
    ids = f"{r.trace_id} {r.span_id}" if r.trace_id else "- -"
    if r.incoming_parent: ids += f" {r.incoming_parent}"
    return f"{r.time:%y/%m/%d %H:%M:%S}.{milli(r):03d} {r.level:<5} {r.logger[-30:]:<30} [{ids}] {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.8, 28
    n = {"al": 300, "rd": 7000, "kor": 0, "ord": 4400, "run": 80}
    def nxt(k, step=1):
        n[k] += step
        return n[k]
    offs = {}
    front = w.service("front", haproxy)
    sta = w.service("stations", streams)
    ctl = w.service("control", pekko, errors=lambda c, e: c.log.error(f"Supervisor RestartSupervisor saw failure: {e}", logger="org.apache.pekko.actor.typed.Behavior", source="user/dispatcher"))
    sol = w.service("solver", timefold, errors=lambda c, e: c.log.error(f"SRMSG18203: A message sent to channel `alerts` has been nacked, fail-stop: {e}", logger="io.sma.rea.mes.kafka"))
    flt = w.service("fleet-mqtt", hive, errors=lambda c, e: c.log.error(f"Uncaught exception in extension 'fleet': {e}"))
    salt = w.service("salt", jboss, errors=lambda c, e: c.log.error(f"WFLYEJB0034: EJB Invocation failed on component SaltMDB for method onMessage: javax.ejb.EJBException: {e}\n\tat org.jboss.as.ejb3.tx.CMTTxInterceptor.invokeInOurTx(CMTTxInterceptor.java:245)\n\tat no.veidrift.salt.SaltMDB.onMessage(SaltMDB.java:52)", logger="org.jboss.as.ejb3"))
    rmap = w.service("roadmap", winston, errors=lambda c, e: c.log.error("consumer error", err=str(e)))
    cit = w.service("citizens", spring2, errors=lambda c, e: c.log.error(f"Error while processing: ConsumerRecord(topic = {c._span.name[8:]}, partition = 2, leaderEpoch = 0, offset = {c.rng.randrange(9000)})\njava.lang.RuntimeException: {e}", logger="o.s.k.l.LoggingErrorHandler"))
    ntf = w.service("notifier", elixir, errors=lambda c, e: c.log.error(f"GenServer Notifier.Consumer terminating\n** (RuntimeError) {e}"))
    tim = w.service("timesheets", quartz, errors=lambda c, e: c.log.error(f"Listener refused: {e}", logger="no.veidrift.timesheets.RoundListener"))
    w.rounds, done, w.reports = {}, [], {}
    ploughs = [f"BR-{k:02d}" for k in range(1, 31)]
    roads = ["E6", "E39", "Rv13", "Rv9", "Fv44", "Fv501", "Fv420", "Fv65"]
    def rec(topic):                     # partition and offset, as Kafka's clients print them
        offs[topic] = offs.get(topic, 500) + 1
        return f"{topic}-{offs[topic] % 3}@{offs[topic]}"

    # ------------------------------------------------------------ front
    @front.http("ANY *")
    async def proxy(c, b):
        path = b["_route"].split(" ")[1]
        be = {"reports": "citizens", "readings": "stations", "rounds": "control", "roads": "roadmap"}[path.split("/")[1]]
        s, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", line=b["_route"] + " HTTP/1.1", st=s, ms=int(c.elapsed_ms()), be=be, ip=f"91.90.{c.rng.randrange(90)}.{c.rng.randrange(250)}", port=c.rng.randrange(30000, 60000))
        return s, a
    front.noise(10, lambda log: log.info(f"Health check for server roadmap/roadmap1 succeeded, reason: Layer7 check passed, code: 200, check duration: {w.rng.randrange(1, 5)}ms, status: 3/3 UP."))

    # ------------------------------------------------------------ stations
    @sta.http("POST /readings/{station}")
    async def reading(c, b):
        s = b["_route"].split("/")[2]
        async with c.span("windowed aggregate") as k:
            await k.work(8)
            if k.rng.random() < 0.5: k.log.debug(f"window {s} rolled, n=12 min={b['temp']}", logger="n.v.s.Topology")
        if b["snow"] < 2 and b["temp"] > -6:
            c.log.debug(f"{s}: {b['temp']} C, {b['snow']} cm, nothing to do", logger="n.v.s.ReadingController", incoming=True)
            return 204, {}
        al = f"A{c.rng.randrange(10, 99)}-{nxt('al')}"
        c.log.info(f"{s}: {b['temp']} C, {b['snow']} cm in an hour, raising {al}", logger="n.v.s.ReadingController", incoming=True)
        async with c.producer("weather-alerts") as p:
            await p.send({"alert": al, "station": s, "snow": b["snow"], "temp": b["temp"], "roads": b["roads"]})
            p.log.debug(f"Sent: ProducerRecord(topic=weather-alerts, partition=null, key={s}) with metadata: {rec('weather-alerts')}", logger="o.s.k.core.KafkaTemplate")
        return 202, {"alert": al}
    sta.noise(4, lambda log: log.info("stream-thread [stations-StreamThread-1] Processed 12 total records, ran 0 punctuators, and committed 1 total tasks since the last update", logger="o.a.k.s.p.internals.StreamThread"))

    # ------------------------------------------------------------ solver (Timefold)
    @sol.consumer("weather-alerts", concurrency=5)
    async def solve(c, m):
        x = m.body
        k = len(x["roads"])
        c.log.info(f"Solving started: time spent (2), best score (-{k}init/0hard/0soft), environment mode (REPRODUCIBLE), alert {x['alert']}", logger="ai.tim.sol.cor.imp.sol.DefaultSolver", incoming=True)
        async with c.span("local search") as s:
            await s.work(420, 0.4)
            s.log.debug(f"Local Search phase (1) ended: time spent ({s.elapsed_ms():.0f}), best score (0hard/-{s.rng.randrange(400, 9000)}soft), step total ({s.rng.randrange(200, 900)})", logger="ai.tim.sol.cor.imp.loc.DefaultLocalSearchPhase")
        rounds = [{"round": f"{x['alert']}/{i + 1}", "road": r, "km": c.rng.randrange(6, 30), "plough": c.rng.choice(ploughs), "alert": x["alert"], "temp": x["temp"]} for i, r in enumerate(x["roads"])]
        async with c.producer("plans") as p: await p.send({"alert": x["alert"], "rounds": rounds})
        c.log.info(f"Solving ended: time spent ({c.elapsed_ms():.0f}), {k} round(s) for {x['alert']}", logger="ai.tim.sol.cor.imp.sol.DefaultSolver")
    sol.noise(9, lambda log: log.debug("Refreshed road graph, 18204 edges", logger="no.vei.sol.GraphCache"))

    # ------------------------------------------------------------ control (Pekko)
    C = "no.veidrift.control."
    @ctl.consumer("plans")
    async def plan(c, m):
        c.log.info(f"Plan for alert {m.body['alert']} with {len(m.body['rounds'])} rounds", logger=C + "Dispatcher", source="user/dispatcher", incoming=True)
        await asyncio.gather(*(send_out(c, x) for x in m.body["rounds"]))

    async def send_out(c, x):
        w.rounds[x["round"]] = x | {"state": "SENT", "left": 3}
        for attempt in (1, 2):
            async with c.client("fleet-mqtt", f"POST /vehicles/{x['plough']}/orders") as k:
                s, _ = await k.send({"round": x["round"], "road": x["road"], "km": x["km"], "temp": x["temp"]})
                k.log.debug(f"{x['plough']} <- {x['round']} ({s})", logger=C + "PloughActor", source=f"user/dispatcher/{x['plough']}")
            if s == 202: break
            c.log.warning(f"{x['plough']} unreachable, taking another", logger=C + "Dispatcher", source="user/dispatcher", round=x["round"])
            x = x | {"plough": c.rng.choice(ploughs)}
        async with c.span("persist RoundSent", "CLIENT") as d: 
            await d.work(4)
            if c.rng.random() < 0.6: d.log.debug("Persisted event [RoundSent]", logger="org.apache.pekko.persistence.typed.EventSourcedBehavior", source=f"user/rounds/{x['round'].replace('/', '-')}")

    @ctl.consumer("plough-telemetry")
    async def progress(c, m):
        x = m.body
        r = w.rounds[x["round"]]
        src = f"user/rounds/{x['round'].replace('/', '-')}"
        if x["kind"] == "BROKEN":
            c.log.warning(f"{x['plough']} broke down on {x['road']}", logger=C + "RoundActor", source=src, incoming=True)
            spare = c.rng.choice(ploughs)
            r["plough"] = spare
            async with c.client("fleet-mqtt", f"POST /vehicles/{spare}/orders") as k:
                await k.send({"round": x["round"], "road": r["road"], "km": r["km"], "temp": r["temp"], "spare": True})
                k.log.info(f"Spare {spare} takes over {x['round']}", logger=C + "RoundActor", source=src)
            return
        await c.work(3)
        if x["kind"] != "DONE":
            c.log.debug(f"Stretch {x['n']} of {x['round']} cleared", logger=C + "RoundActor", source=src, incoming=True)
            return
        r["state"] = "DONE"
        async with c.producer("rounds-done") as p:
            await p.send(r)
            p.log.info(f"Round {x['round']} completed by {x['plough']}", logger=C + "RoundActor", source=src)

    @ctl.http("GET /rounds/{a}/{n}")
    async def show(c, b):
        await c.work(4)
        r = "/".join(b["_route"].split("/")[-2:])
        c.log.info(f"Ask {r}", logger=C + "HttpApi", source="user/http", incoming=True)
        return 200, {"state": w.rounds[r]["state"]}

    @ctl.consumer("citizen-reports", retries=1)
    async def extra(c, m):
        rid = f"X{m.body['no']}/1"
        c.log.info(f"Report {m.body['no']} makes an extra round on {m.body['road']}", logger=C + "Dispatcher", source="user/dispatcher", incoming=True)
        await send_out(c, {"round": rid, "road": m.body["road"], "km": 3, "plough": c.rng.choice(ploughs), "alert": None, "temp": -3, "report": m.body["no"]})
    ctl.noise(6, lambda log: log.debug("Cluster Node [pekko://control@10.1.4.2:17355] - Receiving gossip from [UniqueAddress(pekko://control@10.1.4.3:17355)]", logger="org.apache.pekko.cluster.Cluster", source="system/cluster/core/daemon"))

    # ------------------------------------------------------------ fleet-mqtt (Kotlin, the vehicles live behind it)
    @flt.http("POST /vehicles/{id}/orders")
    async def orders(c, b):
        v = b["_route"].split("/")[2]
        if c.rng.random() < 0.05 and not b.get("spare"):
            c.log.warning(f"Client ID: {v} is offline, PUBLISH to veh/{v}/order not queued", incoming=True)
            return 503, {}
        c.log.info(f"Outbound PUBLISH to client '{v}' on topic 'veh/{v}/order': Payload: '{b['round']}', QoS: '1', Retained: 'false'", incoming=True)
        c.spawn(drive(c, v, b))
        return 202, {}

    async def drive(c, v, b):
        await c.work(160)
        for i in (1, 2, 3):
            await sleep(c.rng.uniform(500, 1600))
            if i == 2 and not b.get("spare") and c.rng.random() < 0.07:
                async with c.producer("plough-telemetry") as p:
                    p.log.error(f"Inbound PUBLISH from client '{v}' on topic 'veh/{v}/fault': engine")
                    await p.send({"round": b["round"], "plough": v, "road": b["road"], "kind": "BROKEN"})
                return
            last = i == 3
            async with c.producer("plough-telemetry") as p:
                p.log.debug(f"Inbound PUBLISH from client '{v}' on topic 'veh/{v}/gps': Payload: '{b['round']};{i};{b['road']}'")
                await p.send({"round": b["round"], "plough": v, "road": b["road"], "kind": "DONE" if last else "GPS", "n": i})
            async with c.span("INSERT gps", "CLIENT") as d: await d.work(3)
        kg = b["km"] * c.rng.randrange(60, 140)
        await c.publish("salt-spread", {"plough": v, "round": b["round"], "kg": kg}, producer_span=False)
        c.log.info(f"{v} spread {kg} kg on {b['road']}")
    flt.noise(2, lambda log: log.debug(f"Received PINGREQ from client '{w.rng.choice(ploughs)}'"))

    # ------------------------------------------------------------ salt (JBoss)
    stock = {"t": 9.0, "ordered": False}
    @salt.consumer("salt-spread", retries=2, retry_ms=300)
    async def spread(c, m):
        if c.rng.random() < 0.05 and m.attempt == 1:
            c.log.warning(f"SQL Error: 1213, SQLState: 40001", logger="org.hibernate.engine.jdbc.spi.SqlExceptionHelper", incoming=True)
            raise Exception("deadlock")
        async with c.span("update depot", "CLIENT") as d:
            d.log.debug("update DEPOT set STOCK_KG=? where ID=? and VERSION=?", logger="org.hibernate.SQL")
            await d.work(6)
        stock["t"] -= m.body["kg"] / 1000
        c.log.info(f"Depot Forus: -{m.body['kg']} kg ({m.body['plough']}), {max(stock['t'], 0):.1f} t left", logger="no.veidrift.salt.SaltMDB", incoming=True)
        if stock["t"] < 6 and not stock["ordered"]:
            stock["ordered"] = True
            no = f"SO-{nxt('ord')}"
            async with c.producer("salt-orders") as p:
                await p.send({"order": no, "t": 40})
                p.log.info(f"Reorder level reached, order {no} of 40 t placed", logger="no.veidrift.salt.Reorder")

    @salt.consumer("salt-orders")
    async def supplier(c, m):
        x = m.body
        async with c.span("SOAP placeOrder", "CLIENT") as k:
            await k.work(300)
            good = k.rng.random() < 0.8
            k.log.info(f"Outbound Message\n---------------------------\nID: {k.rng.randrange(900)}\nAddress: https://gcrieber.example/ws/orders\nHttp-Method: POST\nPayload: <order><no>{x['order']}</no><t>{x['t']}</t></order>\n--------------------------------------", logger="org.apache.cxf.services.SupplierPort")
        if not good:
            c.log.warning(f"Supplier cannot deliver {x['order']}, cancelling and asking the neighbour depot", logger="no.veidrift.salt.Reorder")
            async with c.span("update salt_order", "CLIENT") as d: await d.work(4)
            async with c.span("POST depot/lend", "CLIENT") as k:
                await k.work(120)
                k.log.info(f"Depot Egersund lends 15 t against {x['order']}", logger="no.veidrift.salt.Reorder")
            stock["t"] += 15
        else:
            await sleep(c.rng.uniform(800, 2000))
            stock["t"] += x["t"]
            async with c.span("update depot", "CLIENT") as d:
                d.log.debug("update DEPOT set STOCK_KG=? where ID=? and VERSION=?", logger="org.hibernate.SQL")
                await d.work(5)
            c.log.info(f"{x['order']} delivered, {stock['t']:.1f} t in depot Forus", logger="no.veidrift.salt.Reorder")
        stock["ordered"] = False
    salt.noise(7, lambda log: log.debug("IJ000604: Throwable while attempting to get a new connection: null" if w.rng.random() < 0.1 else "HHH000401: using driver [oracle.jdbc.OracleDriver]", logger="org.jboss.jca"))

    # ------------------------------------------------------------ roadmap (node)
    @rmap.consumer("plough-telemetry", retries=1)
    async def live(c, m):
        x = m.body
        await c.work(3)
        if x["kind"] == "GPS":
            if c.rng.random() < 0.8: c.log.debug("segment painted", road=x["road"], seg=x["n"], by=x["plough"], incoming=True)
        elif x["kind"] == "DONE":
            c.log.info("road green", road=x["road"], roundId=x["round"], incoming=True)
            async with c.span("purge cdn", "CLIENT") as k:
                await k.work(55)
                k.log.debug("purged", surrogateKey=f"road-{x['road']}", status=200)

    @rmap.consumer("weather-alerts")
    async def colour(c, m):
        c.log.info("alert shown on map", alertId=m.body["alert"], roads=m.body["roads"], incoming=True)
        await c.work(5)

    @rmap.http("GET /roads/{road}")
    async def road(c, b):
        async with c.span("redis GET", "CLIENT") as k: await k.work(1)
        c.log.info(f"GET {b['_route'].split(' ')[1]} 200 {c.elapsed_ms():.3f} ms", incoming=True)
        return 200, {}
    rmap.noise(6, lambda log: log.debug("ws clients", n=w.rng.randrange(40, 400)))

    # ------------------------------------------------------------ citizens (WebFlux, Kotlin)
    @cit.http("POST /reports")
    async def report(c, b):
        no = f"{c.rng.randrange(10 ** 6):06d}"
        c.log.debug(f"[{c.rng.getrandbits(32):08x}-{c.rng.randrange(1, 40)}] HTTP POST \"/reports\"", logger="o.s.w.s.adapter.HttpWebHandlerAdapter", incoming=True)
        async def geo():
            async with c.span("GET geocoder", "CLIENT") as k:
                await k.work(70)
                k.log.debug(f"[{k.rng.getrandbits(32):08x}] Response 200 OK", logger="o.s.w.r.f.client.ExchangeFunctions")
        async def dup():
            async with c.span("mongo find", "CLIENT") as k:
                await k.work(6)
                k.log.debug("find using query: { \"road\" : \"%s\", \"open\" : true} fields: Document{{}} for class: class no.veidrift.citizens.Report in collection: reports" % b["road"], logger="o.s.data.mongodb.core.MongoTemplate")
        await asyncio.gather(geo(), dup())
        w.reports[no] = b["road"]
        if b["severe"]:
            async with c.producer("citizen-reports") as p:
                await p.send({"no": no, "road": b["road"], "who": b["who"]})
                p.log.info(f"Report {no} forwarded to control, {rec('citizen-reports')}", logger="no.veidrift.citizens.ReportPublisher")
        else: c.log.info(f"Report {no} from {b['who']} on {b['road']} kept for the morning", logger="no.veidrift.citizens.ReportHandler")
        return 201, {"no": no}

    @cit.consumer("rounds-done")
    async def answer(c, m):
        if not m.body.get("report"): return
        async with c.span("mongo update", "CLIENT") as k: await k.work(6)
        async with c.producer("citizen-answers") as p:
            p.log.info(f"Report {m.body['report']} solved by {m.body['plough']}, telling the citizen", logger="no.veidrift.citizens.RoundListener")
            await p.send({"no": m.body["report"]})

    @cit.http("GET /reports/{no}")
    async def look(c, b):
        async with c.span("mongo find", "CLIENT") as k: await k.work(4)
        c.log.debug(f"Report {b['_route'].split('/')[-1]} looked up", logger="no.veidrift.citizens.ReportHandler", incoming=True)
        return 200, {}
    cit.noise(8, lambda log: log.debug(f"Cluster description refreshed, roundTripTimeNanos={w.rng.randrange(300000, 900000)}", logger="org.mongodb.driver.cluster"))

    # ------------------------------------------------------------ notifier (Elixir)
    @ntf.consumer("weather-alerts")
    async def warn(c, m):
        c.log.info(f"broadcasting #{m.body['alert']} to #{m.body['station']} subscribers", incoming=True)
        async def part(i):
            async with c.span("push batch", "CLIENT") as k:
                await k.work(85)
                k.log.debug(f"batch {i} of {m.body['alert']}: {k.rng.randrange(200, 500)} devices ok")
        await asyncio.gather(*(part(i) for i in range(1, c.rng.randrange(2, 5))))

    @ntf.consumer("citizen-answers", retries=2, retry_ms=500)
    async def sms(c, m):
        async with c.span("sms", "CLIENT") as k:
            await k.work(90)
            if k.rng.random() < 0.1 and m.attempt < 3:
                k.log.warning(f"sms for report {m.body['no']}: %HTTPoison.Error{{reason: :timeout}}, attempt {m.attempt}")
                raise Exception("timeout")
        c.log.info(f"sms for report {m.body['no']} sent in {c.elapsed_ms():.0f}ms", incoming=True)
    ntf.noise(9, lambda log: log.debug("telemetry poller: memory total 84123904"))

    # ------------------------------------------------------------ timesheets (Quartz)
    @tim.consumer("rounds-done")
    async def hours(c, m):
        async with c.span("merge shift", "CLIENT") as d: await d.work(5)
        done.append((c, m.body))
        c.log.info(f"{m.body['plough']} credited {m.body['km']} km, round={m.body['round']}", logger="no.veidrift.timesheets.RoundListener", incoming=True)

    @tim.every(7, first=6)
    async def payroll(c):
        rows, done[:] = done[:9], done[9:]
        k = nxt("run")
        c.log.info(f"Job PAY.export fired, run {k}, {len(rows)} rounds", logger="no.veidrift.timesheets.PayrollJob")
        for o, x in rows:
            c.link(o)
            async with c.span("export line") as s:
                await s.work(9)
                s.log.debug(f"run {k}: {x['plough']};{x['round']};{x['km']};{x['km'] * 31} NOK", logger="no.veidrift.timesheets.PayrollWriter")
        if rows:
            async with c.span("sftp put", "CLIENT") as s:
                await s.work(130)
                s.log.info(f"lonn-{k:05d}.csv uploaded, {len(rows)} line(s)", logger="no.veidrift.timesheets.Sftp")
        c.log.debug(f"Job PAY.export finished in {c.elapsed_ms():.0f} ms", logger="no.veidrift.timesheets.PayrollJob")
    tim.noise(6, lambda log: log.debug("MisfireHandler: scanning for misfires...", logger="org.quartz.impl.jdbcjobstore.JobStoreTX"))


async def load(w):
    r = w.rng
    roads = ["E6", "E39", "Rv13", "Rv9", "Fv44", "Fv501", "Fv420", "Fv65"]
    async def one(i):
        if i % 4 < 2:
            s, a = await w.start("front", f"POST /readings/SVV{r.randrange(11000, 11060)}", {"temp": round(r.uniform(-12, 1), 1), "snow": r.choice([0, 1, 3, 5, 9]), "roads": r.sample(roads, r.randrange(1, 4))})
            if s == 202 and i % 3 == 0:
                await sleep(r.uniform(2500, 5000))
                rid = a["alert"] + "/1"
                if rid in w.rounds: await w.start("front", f"GET /rounds/{rid}")
        elif i % 4 == 2:
            s, a = await w.start("front", "POST /reports", {"road": r.choice(roads), "who": f"+479{r.randrange(10 ** 7):07d}", "severe": r.random() < 0.7})
            if i % 3 == 1:
                await sleep(r.uniform(1000, 6000))
                await w.start("front", f"GET /reports/{a['no']}")
        else: await w.start("front", f"GET /roads/{r.choice(roads)}")
    await arrivals(w, 130, 3.0, one)
    await sleep(8000)

record(build, load, "r_snowplough")
