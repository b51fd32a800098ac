"""Hotel channel manager: bookings drop in from travel agencies, an outbox relay tells the rest, availability is asked over the broker,
stock and rates are pushed to three channels in parallel and their acknowledgements joined; property systems are slow and moody."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)

def haproxy(r):       # edge: HAProxy http log, ids captured in braces
    cap = f"{{{r.trace_id}|{r.span_id}}}" if r.trace_id else "{|}"
    if "line" not in r.fields: return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S}.{ms(r)} lb1 haproxy[{r.pid}]: {r.message}"
    f = r.fields
    return (f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S}.{ms(r)} lb1 haproxy[{r.pid}]: {f['ip']}:{f['port']} [{f['at']}] https~ {f['be']}/s{1 + f['port'] % 2} "
            f"0/0/1/{f['t']}/{f['t'] + 1} {f['st']} {f['size']} - - ---- {f['port'] % 40}/{f['port'] % 30}/0/0/0 0/0 {cap} \"{f['line']}\"")

def symfony(r):       # ota-inbound: Monolog line formatter with microseconds
    x = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}
    if r.incoming: x["traceparent"] = r.incoming
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {json.dumps(r.fields)} {json.dumps(x)}"

def log4j2(r):        # reservations: log4j2 with %X
    mdc = f"{{span_id={r.span_id}, trace_flags=01, trace_id={r.trace_id}}}" if r.trace_id else "{}"
    if r.incoming_parent: mdc = mdc[:-1] + f", parent_id={r.incoming_parent}}}"
    return f"{r.time:%H:%M:%S}.{ms(r)} [{r.thread}] {r.level:<5} {r.logger} {mdc} - {r.message}".replace(r.time.strftime("%H:%M:%S"), r.time.strftime("%Y-%m-%d %H:%M:%S"), 1)

def zerolog(r):       # inventory
    d = {"level": r.level.lower()}
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming_parent: d["parentSpanID"] = r.incoming_parent
    return json.dumps(d | r.fields | {"time": r.ns // 1_000_000, "message": r.message}, separators=(",", ":"))

def nlog(r):          # pms-bridge: pipe layout
    t = f"{r.trace_id}/{r.span_id}" if r.trace_id else "/"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}|{r.level}|{r.logger}|{t}|{r.message}" + (f"|parent={r.incoming_parent}" if r.incoming_parent else "")

def pylog(r):         # ari-engine: python logging, opentelemetry's own pattern
    ids = f"[trace_id={r.trace_id} span_id={r.span_id} resource.service.name=ari-engine trace_sampled=True]" if r.trace_id else "[trace_id=0 span_id=0 resource.service.name=ari-engine trace_sampled=False]"
    tail = f" traceparent: {r.incoming}" if r.incoming else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{ms(r)} {r.level.replace('WARN', 'WARNING')} [{r.logger}] {ids} - {r.message}{tail}"

def pino(r):          # push-bcom
    d = {"level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], "time": r.ns // 1_000_000, "pid": r.pid, "hostname": "push-bcom-0"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return json.dumps(d | r.fields | {"msg": r.message}, separators=(",", ":"))

def jul(r):           # push-exp: java.util.logging, one line, whole seconds
    lv = {"DEBUG": "FINE", "WARN": "WARNING", "ERROR": "SEVERE"}.get(r.level, r.level)
    ids = f" [trace {r.trace_id} span {r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [parent {r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] [{lv:<7}]{ids} {r.message}"

def logrus(r):        # push-abb: logrus text
    q = lambda v: json.dumps(v) if isinstance(v, str) and any(ch in v for ch in ' =":/') else v
    s = f'time="{isoz(r)}" level={r.level.lower().replace("warn", "warning")} msg={json.dumps(r.message)}' + "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: s += f" trace.id={r.trace_id} span.id={r.span_id}"
    return s + (f" traceparent={r.incoming}" if r.incoming else "")

def sidekiq(r):       # guest-mail
    ids = f" dd.trace_id={r.trace_id} dd.span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" dd.parent_id={r.incoming_parent}"
    f = "".join(f" {k}={v}" for k, v in r.fields.items())
    return f"{isoz(r)} pid={r.pid} tid={'k' + format(r.thread * 7919, 'x')}{f}{ids} {r.level}: {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 2.2, 14
    tag = [88120]
    def mid():
        tag[0] += 1
        return tag[0]
    w.new_message_id = mid
    w.book, w.codes, asked, outbox, joins = {}, [], {}, [], {}
    count = {"ref": 31007, "batch": 0}
    J = "dist.reservations."

    lb = w.service("edge", haproxy)
    inb = w.service("ota-inbound", symfony, errors=lambda c, e: c.log.error(f"Uncaught PHP Exception RuntimeException: \"{e}\"", logger="request"))
    res = w.service("reservations", log4j2, errors=lambda c, e: c.log.error(f"Dropping record after failure\njava.lang.RuntimeException: {e}\n\tat dist.reservations.bus.Dispatcher.run(Dispatcher.java:112)", logger=J + "bus.Dispatcher"))
    inv = w.service("inventory", zerolog, errors=lambda c, e: c.log.error("subscriber failed", error=str(e)))
    pms = w.service("pms-bridge", nlog, errors=lambda c, e: c.log.error(f"Errore fatale: {e}", logger="Bridge.Worker"))
    ari = w.service("ari-engine", pylog, errors=lambda c, e: c.log.error(f"callback error: {e}", logger="ari.bus"))
    chans = {"bcom": w.service("push-bcom", pino, errors=lambda c, e: c.log.error("unhandled", err={"type": "Error", "message": str(e)})),
             "exp": w.service("push-exp", jul, errors=lambda c, e: c.log.error(f"Giving up: {e}")),
             "abb": w.service("push-abb", logrus, errors=lambda c, e: c.log.error("consume error", error=str(e)))}
    mail = w.service("guest-mail", sidekiq, errors=lambda c, e: c.log.error(f"Errno: {e}"))

    # ------------------------------------------------------------ edge
    @lb.http("ANY *")
    async def proxy(c, b):
        at = f"{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%d/%b/%Y:%H:%M:%S}.{w.ns() % NS // 1000000:03d}"
        path = b["_route"].split(" ")[1]
        be = {"ota": "ota-inbound", "bookings": "reservations", "rates": "ari-engine"}[path.split("/")[1]]
        st, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", line=b["_route"] + " HTTP/1.1", ip=f"185.{c.rng.randrange(9)}.44.{c.rng.randrange(250)}", port=c.rng.randrange(20000, 60000), at=at, be=be, t=int(c.elapsed_ms()), st=st, size=c.rng.randrange(180, 2400), incoming=True)
        return st, a

    # ------------------------------------------------------------ inbound
    @inb.http("POST /ota/{chan}/notif")
    async def notif(c, b):
        chan, code = b["_route"].split("/")[2], b["code"]
        async with c.span("parse xml") as s:
            await s.work(4)
            s.log.debug("OTA_HotelResNotifRQ parsed", logger="ota", ResID=code)
        if b["kind"] == "cancel":
            async with c.client("reservations", f"POST /bookings/{chan}:{code}/cancel") as k:
                st, _ = await k.send({})
                k.log.info(f"cancellation forwarded, got {st}", logger="ota", ResID=code)
            return 200, {}
        if c.rng.random() < 0.03:
            c.log.warning("Unknown rate plan, answered with <Errors>", logger="ota", ResID=code, incoming=True)
            return 400, {}
        c.log.info("New reservation notification", logger="ota", ResID=code, channel=chan, hotel=b["hotel"], nights=b["nights"], incoming=True)
        async with c.client("reservations", "POST /bookings") as k:
            st, a = await k.send({"ext": f"{chan}:{code}", "hotel": b["hotel"], "nights": b["nights"]})
            k.log.debug(f'Response: "{st} http://reservations:8080/bookings" {k.elapsed_ms() / 1000:.3f} seconds', logger="http_client")
        c.log.info(f"answered <{'Success' if st == 201 else 'Warnings'}/>", logger="ota", ResID=code, locator=a.get("locator"))
        return 200, a

    # ------------------------------------------------------------ reservations, with outbox
    async def ask(c, hotel, nights):
        corr = f"{c.rng.getrandbits(40):010x}"
        asked[corr] = w.loop.create_future()
        async with c.producer("inv.ask") as p:
            await p.send({"corr": corr, "hotel": hotel, "nights": nights})
            p.log.debug(f"ask inventory corr={corr} hotel={hotel}", logger=J + "inv.AskTemplate", thread=f"dw-{c.thread}")
        try: return await asyncio.wait_for(asked[corr], 1.5)
        except asyncio.TimeoutError:
            c.log.warning(f"no answer from inventory within 1500 ms (corr={corr}), overbooking risk taken", logger=J + "inv.AskTemplate", thread=f"dw-{c.thread}")
            return True

    @res.consumer("inv.answer")
    async def answer(c, m):
        f = asked.get(m.body["corr"])
        c.log.debug(f"reply corr={m.body['corr']} free={m.body['free']}", logger=J + "inv.ReplyListener", thread=f"bus-{c.thread}", incoming=True)
        if f and not f.done(): f.set_result(m.body["free"])

    async def save(c, sql, event, body):
        async with c.span("jdbc tx", "CLIENT") as s:
            await s.work(7)
            s.log.debug(f"{sql}; insert into outbox(type, key) values ('{event}', '{body['locator']}')", logger="jdbi.sql", thread=f"dw-{c.thread}")
        gone = asyncio.Event()
        c.spawn(gone.wait())
        outbox.append((c, event, body, gone))

    async def relay():
        n = 0
        while not w.closing:
            await sleep(350)
            take = outbox[:]
            outbox.clear()
            for c, event, body, gone in take:
                async with c.producer(event) as p:
                    x = await p.send(body)
                    p.log.info(f"outbox #{n} {event} {body['locator']} relayed, tag {x}", logger=J + "outbox.Relay", thread="outbox-relay")
                n += 1
                gone.set()
    w.background.append(relay)

    @res.http("POST /bookings")
    async def book(c, b):
        L, T = J + "BookingResource", f"dw-{c.thread}"
        ok = await ask(c, b["hotel"], b["nights"])
        if not ok:
            c.log.warning(f"{b['ext']}: hotel {b['hotel']} sold out, booking taken on request", logger=L, thread=T, incoming=True)
        count["ref"] += 13
        loc = f"R{count['ref']:X}"
        w.book[b["ext"]] = {"locator": loc, "hotel": b["hotel"], "state": "new", "nights": b["nights"], "ext": b["ext"]}
        await save(c, "insert into booking(locator, ext_ref, hotel) values (?, ?, ?)", "booking.created", w.book[b["ext"]] | {"delta": -1})
        c.log.info(f"Booking {loc} created from {b['ext']}", logger=L, thread=T, incoming=ok)
        w.codes.append(b["ext"])
        return 201, {"locator": loc}

    @res.http("POST /bookings/{ext}/cancel")
    async def cancel(c, b):
        x = w.book[b["_route"].split("/")[2]]
        if x["state"] == "cancelled":
            c.log.info(f"{x['locator']} already cancelled, nothing to do", logger=J + "BookingResource", thread=f"dw-{c.thread}", incoming=True)
            return 200, {}
        x["state"] = "cancelled"
        await save(c, "update booking set state='CXL' where locator=?", "booking.cancelled", x | {"delta": 1})
        c.log.info(f"Booking {x['locator']} cancelled by channel", logger=J + "BookingResource", thread=f"dw-{c.thread}", incoming=True)
        return 200, {}

    @res.http("GET /bookings/{ext}")
    async def look(c, b):
        async with c.span("jdbc select", "CLIENT") as s:
            await s.work(3)
        c.log.info(f"GET {b['_route'].split(' ')[1]} 200 {c.elapsed_ms():.0f}ms", logger="io.dropwizard.request", thread=f"dw-{c.thread}", incoming=True)
        return 200, {}

    @res.consumer("pms.outcome")
    async def outcome(c, m):
        T = f"bus-{c.thread}"
        x = w.book[m.body["ext"]]
        async with c.span("jdbc tx", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"update booking set pms_no='{m.body.get('no', '')}' where locator='{x['locator']}'", logger="jdbi.sql", thread=T)
        c.log.info(f"Property {'confirmed' if m.body['ok'] else 'REFUSED'} {x['locator']} (pms no {m.body.get('no', '-')})", logger=J + "PmsOutcomeListener", thread=T, incoming=True)
        async with c.producer("mail.todo") as p:
            p.log.debug(f"mail.todo <- {x['locator']}", logger=J + "PmsOutcomeListener", thread=T)
            await p.send({"locator": x["locator"], "tpl": "confirm" if m.body["ok"] else "apology"})

    # ------------------------------------------------------------ inventory
    @inv.consumer("inv.ask")
    async def asked_for(c, m):
        async with c.span("redis HMGET", "CLIENT") as s:
            await s.work(1.2)
            free = c.rng.random() > 0.04
            s.log.debug("hmget", key=f"stk:{m.body['hotel']}", free=free)
        await c.publish("inv.answer", {"corr": m.body["corr"], "free": free})
        c.log.info("ask", correlation=m.body["corr"], free=free, us=int(c.elapsed_ms() * 1000), incoming=True)

    def moved(topic):
        @inv.consumer(topic, retries=3, retry_ms=120)
        async def move(c, m):
            d = m.body["delta"]
            async with c.span("redis EVAL take", "CLIENT") as s:
                await s.work(2)
                if c.rng.random() < 0.05 and m.attempt < 3:
                    s.log.warning("lua: WATCH conflict", hotel=m.body["hotel"], attempt=m.attempt)
                    raise Exception("conflict")
                if d > 0: s.log.debug("eval ok", sha="9f3c1e")
            c.log.info("stock moved", by=d, hotel=m.body["hotel"], loc=m.body["locator"], nights=m.body["nights"], incoming=True)
            async with c.producer("stock.changed") as p:
                n = await p.send({"hotel": m.body["hotel"], "loc": m.body["locator"], "why": topic})
                if d < 0: p.log.debug("-> stock.changed", tag=n)
    moved("booking.created"); moved("booking.cancelled")

    # ------------------------------------------------------------ property systems (un fornitore italiano)
    @pms.consumer("booking.created", retries=2, retry_ms=900, concurrency=12)
    async def to_pms(c, m):
        x = m.body
        c.log.info(f"Prenotazione {x['locator']} da consegnare all'hotel {x['hotel']} (tentativo {m.attempt})", logger="Bridge.Consegna", incoming=True)
        async with c.span("SOAP InsertReservation", "CLIENT") as s:
            await s.work(480, 0.7)
            if c.rng.random() < 0.08:
                s.log.warning(f"SOAP fault: timeout del PMS hotel {x['hotel']}", logger="Bridge.Soap")
                if m.attempt < 3: raise Exception("timeout")
                c.log.error(f"{x['locator']} spostata in dead letter", logger="Bridge.Consegna")
                await c.publish("pms.dead", x)
                return
            no = c.rng.randrange(10000, 99999)
            s.log.debug(f"InsertReservationResult=OK numero {no}", logger="Bridge.Soap")
        ok = c.rng.random() > 0.03
        async with c.producer("pms.outcome") as p:
            await p.send({"ext": x["ext"], "ok": ok, "no": no})
            p.log.info(f"Esito inviato per {x['locator']}: {'confermata' if ok else 'rifiutata'}", logger="Bridge.Esiti")

    @pms.consumer("booking.cancelled")
    async def pms_cancel(c, m):
        async with c.span("SOAP CancelReservation", "CLIENT") as s:
            await s.work(350, 0.5)
            s.log.info(f"Annullata {m.body['locator']} presso hotel {m.body['hotel']}", logger="Bridge.Soap")
        await c.publish("mail.todo", {"locator": m.body["locator"], "tpl": "cancel"})

    # ------------------------------------------------------------ ari engine: fan out, join
    async def fan_out(c, hotel, what):
        count["batch"] += 1
        bid = f"{hotel}-{count['batch']:05d}"
        joins[bid] = {}
        async with c.span("build ari") as s:
            await s.work(25)
            s.log.info("batch %s: %d days computed for hotel %s (%s)" % (bid, c.rng.randrange(1, 30), hotel, what), logger="ari.calc")
        async def one(ch):
            async with c.producer(f"ari.{ch}") as p:
                await p.send({"batch": bid, "hotel": hotel})
                if ch != "exp": p.log.debug("queued %s for %s" % (bid, ch), logger="ari.bus")
        await asyncio.gather(*[one(ch) for ch in chans])
        return bid

    @ari.consumer("stock.changed")
    async def changed(c, m):
        async with c.span("SELECT restrictions", "CLIENT") as s:
            await s.work(6)
            s.log.debug("SELECT day, cta, ctd, minlos FROM restriction WHERE hotel = %(h)s", logger="sqlalchemy.engine.Engine")
        await fan_out(c, m.body["hotel"], m.body["why"] + " " + m.body["loc"])

    @ari.http("PUT /rates/{hotel}")
    async def rates(c, b):
        hotel = b["_route"].split("/")[-1]
        c.log.info("rate change of hotel %s: %s EUR" % (hotel, b["eur"]), logger="ari.api", incoming=True)
        if b["eur"] < 20:
            c.log.warning("refused, below floor price", logger="ari.api")
            return 422, {}
        async with c.span("UPSERT rate", "CLIENT") as s:
            await s.work(8)
            s.log.debug("INSERT INTO rate VALUES (%(h)s, %(eur)s) ON CONFLICT DO UPDATE", logger="sqlalchemy.engine.Engine")
        bid = await fan_out(c, hotel, "rate")
        return 202, {"batch": bid}

    @ari.consumer("ari.ack")
    async def ack(c, m):
        bid = m.body["batch"]
        j = joins.setdefault(bid, {})
        j[m.body["ch"]] = m.body["ok"]
        await c.work(1.5)
        if not m.body["ok"]: c.log.warning("channel %s did not take %s" % (m.body["ch"], bid), logger="ari.join", incoming=True)
        if len(j) == 3 and "done" not in j:
            c.log.info("batch %s complete, %d of 3 ok" % (bid, sum(j.values())), logger="ari.join", incoming=m.body["ok"])
        elif m.body["ok"] and c.rng.random() < 0.6:
            c.log.debug("%s: ack %d/3" % (bid, len(j)), logger="ari.join", incoming=True)

    @ari.every(8)
    async def nightly_reconcile(c):
        c.log.info("reconcile: start", logger="ari.cron")
        async def one(ch, svc):
            async with c.client(svc.name, "GET /mirror") as k:
                st, a = await k.send({})
                k.log.info("mirror of %s: %d diffs" % (ch, a["diffs"]), logger="ari.cron")
        await asyncio.gather(*[one(ch, s) for ch, s in chans.items()])

    # ------------------------------------------------------------ the three channels, three habits
    @chans["bcom"].consumer("ari.bcom")
    async def bcom(c, m):
        c.log.info("ARI batch received", batchId=m.body["batch"], deliveryTag=m.id, incoming=True)
        ok = False
        for n in (1, 2, 3):
            async with c.span("POST supply-xml.booking/ota", "CLIENT") as s:
                await s.work(130, 0.5)
                ok = c.rng.random() > 0.08
                if ok: s.log.debug("RUID " + f"{c.rng.getrandbits(60):015x}", batchId=m.body["batch"])
                else: s.log.warning("HTTP 503 from channel", attempt=n)
            if ok: break
            await sleep(200 * n)
        async with c.producer("ari.ack") as p:
            await p.send({"batch": m.body["batch"], "ch": "bcom", "ok": ok})
            if ok: p.log.debug("ack out", batchId=m.body["batch"], ok=ok)
        c.log.info("done", batchId=m.body["batch"], responseTime=round(c.elapsed_ms()))

    @chans["exp"].consumer("ari.exp", concurrency=8)
    async def exp(c, m):
        async with c.span("PUT services.expedia/ar", "CLIENT") as s:
            await s.work(210, 0.5)
            s.log.debug(f"<- AvailRateUpdateRS for {m.body['batch']}")
        async with c.producer("ari.ack") as p:
            p.log.info(f"Acknowledging {m.body['batch']} to ari.ack")
            await p.send({"batch": m.body["batch"], "ch": "exp", "ok": True})

    @chans["abb"].consumer("ari.abb")
    async def abb(c, m):
        await c.work(5)
        if c.rng.random() < 0.12:
            async with c.span("oauth token", "CLIENT") as s:
                await s.work(90)
                s.log.info("token renewed", ttl=3600)
        async with c.span("POST api/calendar", "CLIENT") as s:
            await s.work(95)
            ok = c.rng.random() > 0.04
            s.log.debug("http response", status=200 if ok else 404, url="/v2/calendar")
        (c.log.info if ok else c.log.error)("calendar " + ("synced" if ok else "sync rejected: listing not mapped"), property=m.body["hotel"], batch=m.body["batch"], took=f"{c.elapsed_ms():.0f}ms", incoming=True)
        await c.publish("ari.ack", {"batch": m.body["batch"], "ch": "abb", "ok": ok})

    for ch, svc in chans.items():
        def mirror(svc=svc, ch=ch):
            @svc.http("GET /mirror")
            async def get(c, b):
                await c.work(300, 0.6)
                if ch != "abb": c.log.info("GET /mirror 200" if ch == "bcom" else f"Mirror sent, {c.elapsed_ms():.0f} ms", incoming=True)
                return 200, {"diffs": c.rng.choice([0, 0, 0, 1, 4])}
        mirror()

    # ------------------------------------------------------------ mail
    @mail.consumer("mail.todo")
    async def send(c, m):
        k = {"class": "GuestMailJob", "jid": f"{c.rng.getrandbits(96):024x}"}
        c.log.info("start", **k, incoming=True)
        await c.work(18)
        async with c.span("POST api.mailer/send", "CLIENT") as s:
            await s.work(85)
            s.log.info(f"{m.body['tpl']} mail for {m.body['locator']} accepted", **k)
        c.log.info("done", **k, elapsed=round(c.elapsed_ms() / 1000, 3))

    lb.noise(6, lambda l: l.info("Health check for server reservations/s1 succeeded, reason: Layer7 check passed, code: 200, check duration: 2ms, status: 3/3 UP."))
    res.noise(7, lambda l: l.info("pool jdbc: 3 active, 13 idle, 0 pending", logger="com.zaxxer.hikari.pool.HikariPool", thread="jdbc housekeeper"))
    inv.noise(5, lambda l: l.debug("sweep", expired=w.rng.randrange(20), holds=w.rng.randrange(400)))
    pms.noise(6, lambda l: l.info("Keepalive verso 214 PMS, 3 non raggiungibili", logger="Bridge.Salute"))
    chans["exp"].noise(9, lambda l: l.info("Credentials refreshed for 1882 properties"))
    mail.noise(10, lambda l: l.info("heartbeat, 0 in retry set"))


async def load(w):
    r = w.rng
    hotels = [r.randrange(100200, 100260) for _ in range(25)]
    async def one(i):
        x = r.random()
        if w.codes and x < 0.12:
            ch, code = r.choice(w.codes).split(":")
            await w.start("edge", f"POST /ota/{ch}/notif", {"kind": "cancel", "code": code})
        elif w.codes and x < 0.22: await w.start("edge", f"GET /bookings/{r.choice(w.codes)}")
        elif x < 0.40: await w.start("edge", f"PUT /rates/{r.choice(hotels)}", {"eur": r.randrange(15, 240)})
        else:
            ch = r.choice(["bcom", "bcom", "exp", "abb"])
            code = {"bcom": str(r.randrange(2 * 10**9, 5 * 10**9)), "exp": f"EX{r.randrange(10**8)}", "abb": "HM" + "".join(r.choice("ABCDEFGHJKMNPQRSTWXYZ2345") for _ in range(8))}[ch]
            await w.start("edge", f"POST /ota/{ch}/notif", {"kind": "new", "code": code, "hotel": r.choice(hotels), "nights": r.randrange(1, 9)})
    await arrivals(w, 150, 4.5, one)

record(build, load, "c_hotel")
