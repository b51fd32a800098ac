"""A brewery: brews run as a saga (malt, hops and yeast reserved side by side, the PLC's steps streamed in, the cellar fills a tank, the lab judges it),
tanks are racked into kegs that stock and excise hear of keg by keg, pubs order and cancel, and the duty return is drawn up every now and then."""
import json
from world import *

def milli(r): return r.time.microsecond // 1000

def nginx(r):                 # www: combined log, no durations, whole seconds
    f = r.fields
    if "line" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#0: {r.message}"
    ids = f' trace="{r.trace_id}" span="{r.span_id}"' if r.trace_id else ' trace="-" span="-"'
    if r.incoming: ids += f' tp="{r.incoming}"'
    return f"{f['ip']} - {f['user']} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['line']} HTTP/2.0\" {f['st']} {f['size']} \"-\" \"{f['ua']}\"{ids}"

def play(r):                  # shop: Play framework's logback.xml
    ids = f" traceId={r.trace_id} spanId={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S} {r.level:<5} {r.logger} application-akka.actor.default-dispatcher-{r.thread} {r.message}{ids}"

def karaf(r):                 # brewhouse: Camel in Karaf
    ids = f"{r.trace_id}:{r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f"^{r.incoming_parent}"
    t = r.thread if isinstance(r.thread, str) else f"Camel (brewhouse) thread #{r.thread}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S},{milli(r):03d} | {r.level:<5} | {t:<16.30} | {r.logger:<32.32} | 112 - de.hopfengold.brewhouse - 3.4.1 | {ids} | {r.message}"

def plcjson(r):               # plc-link: Eclipse Milo with vert.x, own JSON
    d = {"ts": r.ns // 1_000_000, "lvl": r.level[0], "msg": r.message}
    if r.fields: d["data"] = r.fields
    if r.trace_id: d["ctx"] = {"t": r.trace_id, "s": r.span_id} | ({"p": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d, ensure_ascii=False)

def timbre(r):                # stores: Clojure, timbre
    ids = f" {{:trace-id \"{r.trace_id}\", :span-id \"{r.span_id}\"}}" if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-1] + f", :parent \"{r.incoming_parent}\"}}"
    return f"{isoz(r)} stores-1 {r.level} [{r.logger}] - {r.message}{ids}"

def flask(r):                 # lab: python logging
    ids = f" [{r.trace_id[:32]}/{r.span_id}]" if r.trace_id else " [0/0]"
    if r.incoming: ids += f" <{r.incoming}>"
    return f"{r.level.replace('WARN', 'WARNING')}:{r.logger}:{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d}:{r.message}{ids}"

def axon(r):                  # cellar: Spring Boot 3 structured logging (logstash flavour), axon framework
    d = {"@timestamp": isoz(r, 9), "@version": "1", "message": r.message, "logger_name": r.logger, "thread_name": f"CommandProcessor-{r.thread}", "level": r.level}
    if r.trace_id: d["mdc"] = {"trace_id": r.trace_id, "span_id": r.span_id} | ({"incoming": r.incoming} if r.incoming else {})
    return json.dumps(d | r.fields, separators=(",", ":"))

def wildfly(r):               # racking: WildFly, MDBs
    ids = f"[{r.trace_id}, {r.span_id}] " if r.trace_id else "[, ] "
    if r.incoming_parent: ids = ids.replace("] ", f", {r.incoming_parent}] ")
    return f"{r.time:%Y-%m-%d %H:%M:%S},{milli(r):03d} {r.level:<5} [{r.logger}] (Thread-{r.thread} (ActiveMQ-client-global-threads)) {ids}{r.message}"

def tagged(r):                # delivery: Rails with tagged logging
    tags = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    if r.incoming_parent: tags += f"[<-{r.incoming_parent}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tags}{r.message}"

def log4j2(r):                # excise: log4j2, German bureaucracy
    mdc = f"{{span={r.span_id}, trace={r.trace_id}}}" if r.trace_id else "{}"
    if r.incoming_parent: mdc = f"{{caller={r.incoming_parent}, " + mdc[1:]
    return f"{r.time:%d.%m.%Y %H:%M:%S}.{milli(r):03d} {r.level:<5} {r.logger} {mdc} {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.1, 16
    n = {"sud": 2611, "keg": 448201, "ord": 90340, "pal": 7, "msg": 100000, "decl": 340}
    def nxt(k, step=1):
        n[k] += step
        return n[k]
    www = w.service("www", nginx)
    shop = w.service("shop", play, errors=lambda c, e: c.log.error(f"! @{c.rng.getrandbits(32):08x} - Internal server error, for (consumer) -> {e}", logger="p.api.http.DefaultHttpErrorHandler"))
    bh = w.service("brewhouse", karaf, errors=lambda c, e: c.log.error(f"Failed delivery for (MessageId: {c.rng.getrandbits(60):015X}-0000000000000012 on ExchangeId: {c.rng.getrandbits(60):015X}-0000000000000012). Exhausted after delivery attempt: 1 caught: org.apache.camel.RuntimeCamelException: {e}", logger="o.a.c.p.e.DefaultErrorHandler"))
    plc = w.service("plc-link", plcjson, errors=lambda c, e: c.log.error("session fault", cause=str(e)))
    st = w.service("stores", timbre, errors=lambda c, e: c.log.error(f"Uncaught exception in consumer #error {{:cause \"{e}\" :via [{{:type clojure.lang.ExceptionInfo}}]}}", logger="stores.consumer:88"))
    lab = w.service("lab", flask, errors=lambda c, e: c.log.error(f"Exception on message\nTraceback (most recent call last):\n  File \"/srv/lab/consumer.py\", line 57, in run\n    handler(msg)\nRuntimeError: {e}", logger="lab.consumer"))
    cel = w.service("cellar", axon, errors=lambda c, e: c.log.error(f"Error occurred while processing message: {e}", logger="o.a.eventhandling.LoggingErrorHandler"))
    rack = w.service("racking", wildfly, errors=lambda c, e: c.log.error(f"AMQ154004: Failed to deliver message: {e}\njavax.ejb.EJBTransactionRolledbackException: {e}\n\tat org.jboss.as.ejb3.tx.CMTTxInterceptor.handleExceptionInOurTx(CMTTxInterceptor.java:159)", logger="org.apache.activemq.artemis.ra"))
    dlv = w.service("delivery", tagged, errors=lambda c, e: c.log.error(f"[ActiveJob] Error performing job: RuntimeError ({e})"))
    exc = w.service("excise", log4j2, errors=lambda c, e: c.log.error(f"Verarbeitung abgebrochen: {e}", logger="Zoll"))
    w.brews, w.stock, w.orders, filled = {}, 60, {}, []

    # ------------------------------------------------------------ www
    @www.http("ANY *")
    async def proxy(c, b):
        path = b["_route"].split(" ")[1]
        to = {"brews": "brewhouse", "orders": "shop", "tanks": "cellar"}[path.split("/")[1]]
        s, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", line=b["_route"], st=s, size=c.rng.randrange(30, 3000), ip=f"172.18.0.{c.rng.randrange(2, 40)}", user=c.rng.choice(["braumeister", "-", "-", "pub"]), ua=c.rng.choice(["okhttp/4.12.0", "Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0"]), incoming=True)
        return s, a
    www.noise(8, lambda log: log.info("", line="GET /healthz", st=200, size=2, ip="172.18.0.1", user="-", ua="kube-probe/1.29"))

    # ------------------------------------------------------------ brewhouse (Camel)
    @bh.http("POST /brews")
    async def brew(c, b):
        sud = f"S{nxt('sud')}"
        w.brews[sud] = {"sud": sud, "recipe": b["recipe"], "hl": b["hl"], "state": "PLANNED"}
        c.log.info(f"Exchange[Id: {c.rng.getrandbits(60):015X}-0000000000000001, ExchangePattern: InOut, BodyType: java.util.LinkedHashMap, Body: {{recipe={b['recipe']}, hl={b['hl']}}}]", logger="rest-brews", incoming=True)
        async def want(what, kg):
            async with c.client("stores", "POST /reservations") as k:
                s, a = await k.send({"for": sud, "what": what, "kg": kg})
                k.log.debug(f"direct:reserve {what} {kg}kg for {sud} -> {s}", logger="reserve")
                return what, s, a
        got = await asyncio.gather(want("malt", b["hl"] * 17), want("hops", b["hl"] // 4 + 1), want("yeast", b["hl"] // 10 + 1))
        short = [x for x in got if x[1] != 201]
        if short:
            c.log.warning(f"Sud {sud}: {short[0][0]} short, compensating {3 - len(short)} reservation(s)", logger="brew-saga")
            await asyncio.gather(*(c.call("stores", f"DELETE /reservations/{x[2]['rid']}", {}) for x in got if x[1] == 201))
            return 409, {"sud": sud}
        c.log.info(f"Sud {sud} ({b['recipe']}, {b['hl']} hl) accepted", logger="brew-saga")
        c.spawn(go(c, sud))
        return 202, {"sud": sud}

    async def go(c, sud):
        async with c.producer("plc.program") as p:
            await p.send({"sud": sud, "recipe": w.brews[sud]["recipe"]})
            p.log.info(f"seda:program << {sud}", logger="program-out")

    @bh.consumer("brew.step", retries=2, retry_ms=150)
    async def step(c, m):
        x = m.body
        if c.rng.random() < 0.03 and m.attempt == 1:
            c.log.warning(f"Failed delivery for (MessageId: {m.id} on ExchangeId: {c.rng.getrandbits(60):015X}-0000000000000007). On delivery attempt: 0 caught: org.springframework.dao.DeadlockLoserDataAccessException: PreparedStatementCallback", logger="o.a.c.p.e.DefaultErrorHandler")
            raise Exception("deadlock")
        await c.work(4)
        c.log.info(f"{x['sud']} {x['step']} {'begun' if x['begin'] else 'complete'} at {x['temp']}C", logger="steps-in", incoming=True)
        if x["step"] == "COOL" and not x["begin"]:
            w.brews[x["sud"]]["state"] = "BREWED"
            async with c.producer("wort.ready") as p:
                await p.send(w.brews[x["sud"]])
                p.log.info(f"jms:topic:wort.ready << {x['sud']}", logger="wort-out")

    @bh.http("GET /brews/{sud}")
    async def show(c, b):
        async with c.span("SELECT sud", "CLIENT") as d:
            await d.work(2)
            d.log.debug(f"select * from sud where no='{b['_route'].split('/')[-1]}'", logger="sql-component")
        return 200, {}

    @bh.consumer("beer.verdict")
    async def verdict(c, m):
        await c.work(3)
        c.log.info(f"{m.body['sud']} closed: {m.body['verdict']}", logger="brew-saga", incoming=True)
    bh.noise(6, lambda log: log.debug("Route: steps-in inflight exchanges: 0", logger="o.a.c.impl.DefaultInflightReposit", thread="Camel (brewhouse) thread #0"))

    # ------------------------------------------------------------ plc-link
    @plc.consumer("plc.program", concurrency=9)
    async def program(c, m):
        sud = m.body["sud"]
        c.log.info("program loaded", sud=sud, recipe=m.body["recipe"], line=c.rng.randrange(1, 4), incoming=True)
        async with c.span("opcua write", "CLIENT") as s:
            await s.work(35)
            s.log.debug("StatusCode{name=Good, value=0x00000000, quality=good}", node="ns=2;s=Sudwerk.Start")
        for name, temp in (("MASH", 63), ("LAUTER", 78), ("BOIL", 100), ("COOL", 9)):
            for begin in (True, False):
                async with c.producer("brew.step") as p:
                    await p.send({"sud": sud, "step": name, "temp": temp + c.rng.randrange(-1, 2), "begin": begin})
                    if begin: p.log.info("step", name=name, sud=sud)
                    elif c.rng.random() < 0.5: p.log.debug("ack", node=f"ns=2;s=Sudwerk.{name}", sud=sud)
                if begin: await c.work(700, 0.5)
        c.log.info("program end", sud=sud, sec=round(c.elapsed_ms() / 1000, 2))
    plc.noise(2.5, lambda log: log.debug("KeepAlive", server="opc.tcp://10.9.0.4:4840", seq=w.rng.randrange(9999)))

    # ------------------------------------------------------------ stores (Clojure)
    held = {}
    @st.http("POST /reservations")
    async def reserve(c, b):
        async with c.span("datomic transact", "CLIENT") as d:
            await d.work(9)
            if c.rng.random() < 0.4: d.log.debug(f"tx {c.rng.randrange(10 ** 13)} datoms 4", logger="stores.db:31")
        if c.rng.random() < 0.03:
            c.log.warning(f"insufficient {{:item :{b['what']}, :wanted {b['kg']}}}", logger="stores.handler:52", incoming=True)
            return 409, {}
        rid = f"{c.rng.getrandbits(24):06x}"
        held[rid] = b
        c.log.info(f"reserved {{:id \"{rid}\", :item :{b['what']}, :kg {b['kg']}, :sud \"{b['for']}\"}}", logger="stores.handler:57", incoming=True)
        return 201, {"rid": rid}

    @st.http("DELETE /reservations/{id}")
    async def unreserve(c, b):
        await c.work(5)
        c.log.info(f"released {b['_route'].split('/')[-1]}", logger="stores.handler:71", incoming=True)
        return 204, {}

    @st.consumer("wort.ready")
    async def consume(c, m):
        mine = [k for k, v in held.items() if v["for"] == m.body["sud"]]
        async with c.span("datomic transact", "CLIENT") as d: await d.work(8)
        for k in mine: held.pop(k)
        c.log.info(f"consumed {json.dumps(mine)} by {m.body['sud']}", logger="stores.consumer:40", incoming=True)

    @st.http("POST /picks")
    async def pick(c, b):
        await c.work(6)
        if w.stock < b["kegs"]:
            c.log.warning(f"only {w.stock} kegs left for order {b['order']}", logger="stores.kegs:19", incoming=True)
            return 409, {"left": w.stock}
        w.stock -= b["kegs"]
        c.log.info(f"picked {{:order {b['order']}, :kegs {b['kegs']}, :left {w.stock}}}", logger="stores.kegs:23", incoming=True)
        return 200, {}

    @st.consumer("keg.filled")
    async def put_away(c, m):
        await c.work(4)
        w.stock += 1
        if c.rng.random() < 0.7: c.log.debug(f"keg {m.body['keg']} -> bay {c.rng.choice('ABCD')}{c.rng.randrange(30)}", logger="stores.kegs:34", incoming=True)

    @st.consumer("order.cancelled")
    async def back(c, m):
        w.stock += m.body["kegs"]
        await c.work(5)
        c.log.info(f"put back {m.body['kegs']} of {m.body['order']}", logger="stores.kegs:47")
    st.noise(7, lambda log: log.debug(f"object cache hit ratio {w.rng.uniform(0.9, 1):.3f}", logger="datomic.cache:1"))

    # ------------------------------------------------------------ cellar (Axon)
    A = "de.hopfengold.cellar."
    tanks = [f"ZKT{i:02d}" for i in range(1, 19)]
    @cel.consumer("wort.ready")
    async def assign(c, m):
        sud, tank = m.body["sud"], c.rng.choice(tanks)
        c.log.debug("Handling command [AssignTank]", logger=A + "TankAggregate", sud=sud, incoming=True)
        async with c.span("append DomainEventEntry", "CLIENT") as d:
            await d.work(6)
            d.log.debug("insert into domain_event_entry (event_identifier,meta_data,payload,payload_revision,payload_type,time_stamp,aggregate_identifier,sequence_number,type,global_index) values (?,?,?,?,?,?,?,?,?,?)", logger="org.hibernate.SQL")
        w.brews[sud] |= {"tank": tank, "state": "FERMENTING"}
        async with c.producer("tank.filled") as p:
            await p.send({"sud": sud, "tank": tank, "recipe": m.body["recipe"]})
            p.log.info("TankFilledEvent published", logger=A + "AmqpPublisher", tank=tank, batchNo=sud)

    @cel.consumer("lab.result", retries=3, retry_ms=120)
    async def judged(c, m):
        x = m.body
        if c.rng.random() < 0.06 and m.attempt < 3:
            c.log.warning("Retrying command after ConcurrencyException", logger="o.a.commandhandling.gateway.IntervalRetryScheduler", sequence=c.rng.randrange(30), incoming=True)
            raise Exception("concurrency")
        async with c.span("append DomainEventEntry", "CLIENT") as d: await d.work(6)
        good = x["ok"]
        w.brews[x["sud"]]["state"] = "READY" if good else "DUMPED"
        c.log.info(f"{'BeerApprovedEvent' if good else 'BeerRejectedEvent'} applied", logger=A + "TankAggregate", batchNo=x["sud"], tank=w.brews[x["sud"]]["tank"], incoming=True)
        await c.publish("beer.verdict", {"sud": x["sud"], "verdict": w.brews[x["sud"]]["state"], "hl": w.brews[x["sud"]]["hl"]})

    @cel.http("POST /tanks/{sud}/rack")
    async def rack_it(c, b):
        sud = b["_route"].split("/")[2]
        x = w.brews[sud]
        if x["state"] != "READY":
            c.log.warning("RackBeer command rejected", logger=A + "TankResource", batchNo=sud, state=x["state"], incoming=True)
            return 409, {}
        x["state"] = "RACKED"
        async with c.client("racking", "POST /racking-orders") as k:
            s, a = await k.send({"sud": sud, "tank": x["tank"], "kegs": b["kegs"]})
            k.log.debug(f"POST http://racking:8080/racking-orders {s}", logger="o.s.web.reactive.function.client.ExchangeFunctions", rackingNo=a["no"])
        c.log.info("RackingStartedEvent applied", logger=A + "TankAggregate", batchNo=sud, tank=x["tank"])
        return 202, a
    cel.noise(5, lambda log: log.debug("TrackingEventProcessor [tank-projection] caught up", logger="o.a.eventhandling.TrackingEventProcessor", segment=w.rng.randrange(4)))

    # ------------------------------------------------------------ lab
    @lab.consumer("tank.filled", retries=1)
    async def sample(c, m):
        no = f"P{c.rng.randrange(10 ** 5):05d}"
        c.log.info("sample %s ordered for %s in %s" % (no, m.body["sud"], m.body["tank"]), logger="lab.consumer", incoming=True)
        await sleep(c.rng.uniform(600, 3000))
        async def measure(what, ms, lo, hi):
            async with c.span("measure " + what) as s:
                await s.work(ms)
                v = s.rng.uniform(lo, hi)
                if what != "haze": s.log.debug("%s %s=%.2f" % (no, what, v), logger="lab.instruments")
                return v
        g, ph, _ = await asyncio.gather(measure("plato", 180, 10, 14), measure("pH", 60, 4.0, 4.72), measure("haze", 90, 0, 1))
        ok = ph < 4.66
        async with c.producer("lab.result") as p:
            await p.send({"sud": m.body["sud"], "ok": ok, "sample": no})
            if not ok: p.log.warning("%s FAILED, pH %.2f out of spec" % (no, ph), logger="lab.verdict")
        c.log.info("%s done in %d ms" % (no, c.elapsed_ms()), logger="lab.consumer")
    lab.noise(9, lambda log: log.info('127.0.0.1 - - "GET /metrics HTTP/1.1" 200 -', logger="werkzeug"))

    # ------------------------------------------------------------ racking (WildFly)
    R = "de.hopfengold.racking."
    @rack.http("POST /racking-orders")
    async def order(c, b):
        no = f"AB-{c.rng.randrange(10 ** 5):05d}"
        async with c.span("INSERT racking_order", "CLIENT") as d: await d.work(5)
        c.spawn(fill(c, no, b))
        return 202, {"no": no}

    async def fill(c, no, b):
        async with c.span("racking order") as s:
            s.log.info(f"{no}: {b['kegs']} kegs from {b['tank']} ({b['sud']})", logger=R + "Line")
            for i in range(b["kegs"]):
                await s.work(190)
                async with s.producer("keg.filled") as p:
                    keg = f"0400{nxt('keg', 3)}"
                    await p.send({"keg": keg, "sud": b["sud"], "l": 50})
                    p.log.debug(f"{keg} filled {i + 1}/{b['kegs']}", logger=R + "Line")
            s.log.info(f"{no} finished in {s.elapsed_ms():.0f}ms", logger=R + "Line")
    rack.noise(8, lambda log: log.debug("IJ000905: Idle connection validated", logger="org.jboss.jca.core.connectionmanager"))

    # ------------------------------------------------------------ shop (Play)
    @shop.http("POST /orders")
    async def place(c, b):
        no = nxt("ord", 2)
        async with c.client("stores", "POST /picks") as k:
            s, a = await k.send({"order": no, "kegs": b["kegs"]})
        if s != 200:
            c.log.warning(f"order {no} of pub {b['pub']} refused: {a['left']} kegs left", logger="c.OrderController", incoming=True)
            return 409, {}
        async with c.span("slick insert", "CLIENT") as d:
            await d.work(5)
            d.log.debug('Preparing insert statement: insert into "orders" ("no","pub","kegs") values (?,?,?)', logger="s.j.JdbcBackend.statement")
        w.orders[no] = {"order": no, "pub": b["pub"], "kegs": b["kegs"]}
        async with c.producer("order.placed") as p: await p.send(w.orders[no])
        c.log.info(f"order {no} placed by pub {b['pub']}: {b['kegs']} x 50l", logger="c.OrderController", incoming=True)
        return 201, {"no": no}

    @shop.http("DELETE /orders/{no}")
    async def cancel(c, b):
        no = int(b["_route"].split("/")[-1])
        async with c.client("delivery", f"DELETE /stops/{no}") as k:
            s, _ = await k.send({})
            k.log.debug(f"delivery says {s} for {no}", logger="services.DeliveryWs")
        if s != 200: return 409, {}
        async with c.producer("order.cancelled") as p:
            p.log.info(f"order {no} cancelled", logger="c.OrderController")
            await p.send(w.orders[no])
        return 200, {}

    @shop.consumer("order.delivered")
    async def invoice(c, m):
        async with c.span("slick update", "CLIENT") as d: await d.work(4)
        c.log.info(f"invoice for order {m.body['order']} issued, {m.body['kegs'] * 98}.00 EUR", logger="actors.Invoicing", incoming=True)

    # ------------------------------------------------------------ delivery (Rails)
    stops = {}
    @dlv.consumer("order.placed", retries=2, retry_ms=300)
    async def plan(c, m):
        o, jid = m.body, "%08x-%04x-4%03x-a%03x-%012x" % tuple(c.rng.getrandbits(b) for b in (32, 16, 12, 12, 48))
        c.log.info(f"[ActiveJob] [PlanStopJob] [{jid}] Performing PlanStopJob (Job ID: {jid}) from Sneakers(deliveries) with arguments: {{\"order\"=>{o['order']}}}", incoming=True)
        async with c.span("INSERT stops", "CLIENT") as d:
            await d.work(3)
            d.log.debug(f"  Stop Create ({d.elapsed_ms():.1f}ms)  INSERT INTO \"stops\" (\"order_no\", \"pub_id\") VALUES ($1, $2) RETURNING \"id\"  [[\"order_no\", {o['order']}], [\"pub_id\", {o['pub']}]]")
        stops[o["order"]] = "planned"
        c.log.info(f"[ActiveJob] [PlanStopJob] [{jid}] Performed PlanStopJob (Job ID: {jid}) from Sneakers(deliveries) in {c.elapsed_ms():.2f}ms")
        async def drive():
            await sleep(c.rng.uniform(1500, 5500))
            if stops[o["order"]] == "cancelled": return
            stops[o["order"]] = "delivered"
            async with c.producer("order.delivered") as p:
                p.log.info(f"Stop for order #{o['order']} signed by pub #{o['pub']}")
                await p.send(o)
        c.spawn(drive())

    @dlv.http("DELETE /stops/{no}")
    async def drop(c, b):
        no = int(b["_route"].split("/")[-1])
        c.log.info(f"Started DELETE \"/stops/{no}\" for 10.4.1.9 at {datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} +0000", incoming=True)
        await c.work(6)
        ok = stops.get(no) == "planned"
        if ok: stops[no] = "cancelled"
        c.log.info(f"Completed {'200 OK' if ok else '409 Conflict'} in {c.elapsed_ms():.0f}ms (ActiveRecord: 2.1ms | Allocations: {c.rng.randrange(900, 4000)})")
        return (200 if ok else 409), {}

    # ------------------------------------------------------------ excise
    @exc.consumer("keg.filled")
    async def liable(c, m):
        await c.work(4)
        filled.append((c, m.body["keg"]))
        if c.rng.random() < 0.6: c.log.debug(f"Posten {m.body['keg']} aus {m.body['sud']} gebucht", logger="Steuerlager", incoming=True)

    @exc.consumer("beer.verdict")
    async def destroyed(c, m):
        await c.work(4)
        if m.body["verdict"] == "DUMPED": c.log.warning(f"Vernichtung von Sud {m.body['sud']} ({m.body['hl']} hl) dem Hauptzollamt angezeigt", logger="Steuerlager", incoming=True)

    @exc.consumer("order.delivered")
    async def released(c, m):
        await c.work(3)
        c.log.info(f"Entnahme: Bestellung {m.body['order']}, {m.body['kegs']} Fass", logger="Steuerlager", incoming=True)

    @exc.every(10, first=9)
    async def duty_return(c):
        rows, filled[:] = filled[:], []
        no = f"2075/{nxt('decl')}"
        c.log.info(f"Steueranmeldung {no} begonnen, {len(rows)} Posten", logger="AnmeldungJob")
        for k, _ in rows[:6]: c.link(k)
        for i in range(0, len(rows), 10):
            async with c.span("write page") as s:
                await s.work(8)
                s.log.debug(f"Seite {i // 10 + 1}: {rows[i][1]} bis {rows[min(i + 9, len(rows) - 1)][1]}", logger="AnmeldungJob")
        async with c.span("POST zoll", "CLIENT") as k:
            await k.work(240)
            k.log.info(f"EMCS-Antwort 200, Quittung {k.rng.randrange(10 ** 8):08d}", logger="ZollClient")
        c.log.info(f"Steueranmeldung {no} abgegeben", logger="AnmeldungJob")


async def load(w):
    r = w.rng
    async def one(i):
        if i % 5 < 2:
            s, a = await w.start("www", "POST /brews", {"recipe": r.choice(["Pils", "Export", "Bock", "IPA", "Weizen"]), "hl": r.randrange(20, 80)})
            if s != 202: return
            for _ in range(r.randrange(0, 3)):
                await sleep(r.uniform(500, 3000))
                await w.start("www", f"GET /brews/{a['sud']}")
            for _ in range(6):
                await sleep(2500)
                if w.brews[a["sud"]]["state"] in ("READY", "DUMPED"): break
            if i % 10 < 6: await w.start("www", f"POST /tanks/{a['sud']}/rack", {"kegs": r.randrange(2, 7)})
        else:
            s, a = await w.start("www", "POST /orders", {"pub": r.randrange(100, 160), "kegs": r.randrange(1, 5)})
            if s == 201 and i % 4 == 2:
                await sleep(r.uniform(600, 4000))
                await w.start("www", f"DELETE /orders/{a['no']}")
    await arrivals(w, 90, 2.4, one)
    await sleep(7000)

record(build, load, "r_brewery")
