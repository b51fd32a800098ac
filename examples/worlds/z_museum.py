"""Museum: timed tickets (Rails with lograge, Sidekiq with JSON), turnstiles (C daemon, RFC 5424), climate sensors over MQTT into Elixir, alarms kept by an Erlang
process that escalates, the catalogue as Perl CGI, digitisation by a step function's lambdas around a C++ tiler, accounts by shell and logger(1)."""
import json
from world import *


def apache(r):          # www: combined, whole seconds, no duration, UNIQUE_ID and ids at the end
    f = r.fields
    if "req" not in f: return f"[{r.time:%a %b %d %H:%M:%S}.{r.time.microsecond:06d} {r.time.year}] [mpm_event:{'notice' if r.level == 'INFO' else r.level.lower()}] [pid {r.pid}:tid {139900000 + r.thread}] {r.message}"
    t = f" {r.trace_id} {r.span_id}" if r.trace_id else " - -"
    return f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/1.1" {f["st"]} {f["size"]} "https://museum.example/" "Mozilla/5.0 (X11; Linux x86_64)" {f["uid"]}{t}' + (f' "{r.incoming}"' if r.incoming else "")


def lograge(r):         # shop: lograge key_value beside plain messages
    kv = "".join(f" {k}={v}" for k, v in r.fields.items())
    if r.trace_id: kv += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming_parent: kv += f" parent_id={r.incoming_parent}"
    return f"{isoz(r, 6)} {r.level} " + (r.message + kv).lstrip()


def skjson(r):          # shopjobs: Sidekiq::Logger::Formatters::JSON
    d = {"ts": isoz(r), "pid": r.pid, "tid": format(123456 + r.thread * 997, "x"), "lvl": r.level, "msg": r.message, "ctx": dict(r.fields)}
    if r.trace_id: d["ctx"] |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["ctx"]["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def rfc5424(r):         # gates
    pri = 134 + {"ERROR": -3, "WARN": -2, "INFO": 0, "DEBUG": 1}[r.level]
    sd = f'[trace@41058 id="{r.trace_id}" span="{r.span_id}"' + (f' parent="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    return f"<{pri}>1 {isoz(r)} gate{r.fields.get('gate', 0)} turnstiled {r.pid} {r.fields.get('id', '-')} {sd} {r.message}"


def elixir(r):          # climate: "$date $time [$level] $metadata$message"
    md = "".join(f"{k}={v} " for k, v in r.fields.items())
    if r.trace_id: md += f"trace_id={r.trace_id} span_id={r.span_id} "
    if r.incoming: md += f"tp={r.incoming} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [{'warning' if r.level == 'WARN' else r.level.lower()}] {md}{r.message}"


def otp(r):             # conserve: Erlang's logger with logger_formatter single line
    t = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00 {'warning' if r.level == 'WARN' else r.level.lower()} <0.{210 + r.thread}.0>{t}: {r.message}"


def cgi(r):             # catalog: STDERR of a CGI in Apache's error log
    t = f" (trace {r.trace_id}, span {r.span_id})" if r.trace_id else ""
    if r.incoming: t += f" (caller {r.incoming})"
    return f"[{r.time:%a %b %d %H:%M:%S}.{r.time.microsecond:06d} {r.time.year}] [cgi:error] [pid {r.pid + r.thread}] [client 10.9.0.{r.thread}:{40000 + r.thread * 71}] AH01215: {r.message}{t}: /usr/lib/cgi-bin/{r.logger}.pl"


def powertools(r):      # imaging: AWS Lambda Powertools for Python
    d = {"level": {"WARN": "WARNING"}.get(r.level, r.level), "location": r.logger, "message": r.message, "timestamp": f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}+0000", "service": "imaging", **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def spdlog(r):          # tiler
    t = f" <{r.trace_id}|{r.span_id}>" if r.trace_id else ""
    if r.incoming_parent: t += f" <-{r.incoming_parent}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}] [tiler] [{'warning' if r.level == 'WARN' else r.level.lower()}] [thread {r.thread}] {r.message}{t}"


def logger1(r):         # accounts: logger -t accounts.sh -i
    t = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} backoffice accounts.sh[{r.pid}]: {r.message}{t}"


def build(w):
    w.network_ms, w.broker_ms = 1.6, 22
    w.tickets, w.orders, w.alarms, w.objects = {}, {}, {}, {}
    n = {"order": w.rng.randrange(700100, 700900), "tick": w.rng.randrange(0x10000, 0x90000), "alarm": 300, "img": 0, "batch": 0}

    def nxt(k, by=1):
        n[k] += by
        return n[k]

    www = w.service("www", apache)
    shop = w.service("shop", lograge, errors=lambda c, e: c.log.error(f"RuntimeError ({e}) app/subscribers/base.rb:12"))
    jobs = w.service("shopjobs", skjson, errors=lambda c, e: c.log.warning(f"RuntimeError: {e}"))
    gates = w.service("gates", rfc5424, errors=lambda c, e: c.log.error(f"mqtt handler failed: {e}", id="ERR"))
    clim = w.service("climate", elixir, errors=lambda c, e: c.log.error(f"** (RuntimeError) {e}\n    (climate 1.4.0) lib/climate/pipeline.ex:61: Climate.Pipeline.handle_message/3\n    (broadway 1.1.0) lib/broadway/topology/processor_stage.ex:168: Broadway.Topology.ProcessorStage.handle_messages/4"))
    cons = w.service("conserve", otp, errors=lambda c, e: c.log.error(f"Generic server alarm_srv terminating. Reason: {{error,<<\"{e}\">>}}. Last message: {{'basic.deliver',_}}. State: []."))
    cat = w.service("catalog", cgi)
    img = w.service("imaging", powertools, errors=lambda c, e: c.log.error(f"Unhandled: {e}", logger="handler:19", exception_name="RuntimeError"))
    tiler = w.service("tiler", spdlog)
    acc = w.service("accounts", logger1)

    # ---------------------------------------------------------------- www
    @www.http("ANY *")
    async def proxy(c, b):
        path = b["_route"].split(" ")[1]
        be = {"shop": "shop", "cgi-bin": "catalog", "alarms": "conserve"}[path.split("/")[1]]
        uid = "Z" + "".join(c.rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmn0123456789@-") for _ in range(23))
        st, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False, uid=uid)
        c.log.info("", req=b["_route"], st=st, size=c.rng.randrange(90, 9000), uid=uid, ip=f"62.{c.rng.randrange(99)}.7.{c.rng.randrange(250)}", incoming=True)
        return st, a
    www.noise(14, lambda l: l.info("AH00489: Apache/2.4.62 (Debian) configured -- resuming normal operations"))

    # ---------------------------------------------------------------- shop
    def ctl(c, b, controller, action, st, **extra):
        verb, path = b["_route"].split(" ")
        c.log.info("", method=verb, path=path, format="json", controller=controller, action=action, status=st, duration=f"{c.elapsed_ms():.2f}", view=f"{c.rng.uniform(0.1, 2):.2f}", db=f"{c.rng.uniform(0.8, 14):.2f}", **extra, incoming=True)

    async def db(c, name, ms=3):
        async with c.span(name, "CLIENT") as s:
            await s.work(ms)
            if s.service is shop and s.rng.random() < 0.8: s.log.debug(name.lower(), ms=f"{s.elapsed_ms():.1f}", rows=s.rng.randrange(1, 4))
            elif s.service is tiler: s.log.debug(f"{name} ok {s.elapsed_ms():.0f}ms")

    async def later(c, job, arg):
        jid = f"{w.rng.getrandbits(96):024x}"
        async with c.producer("sidekiq") as p:
            await p.send({"class": job, "jid": jid, "arg": arg})
            if p.rng.random() < 0.7: p.log.debug(f"Enqueued {job} {arg}", jid=jid)

    @shop.http("POST /shop/orders")
    async def order(c, b):
        no = nxt("order", w.rng.randrange(1, 9))
        async with c.span("hold slot", "CLIENT") as s:
            await s.work(6)
            full = s.rng.random() < 0.05
            if full: s.log.warning("slot full", slot=b["slot"], wanted=b["n"])
            else: s.log.debug("held", slot=b["slot"], seats=b["n"], order=no)
        if full:
            ctl(c, b, "OrdersController", "create", 409)
            return 409, {}
        async with c.span("POST api.stripe.com/v1/payment_intents", "CLIENT") as s:
            await s.work(310, 0.4)
            ok = s.rng.random() > 0.06
            s.log.info("Stripe", object="payment_intent", id=f"pi_{s.rng.getrandbits(60):015x}", result="succeeded" if ok else "card_declined", order_id=no)
        if not ok:
            await db(c, "release slot")
            ctl(c, b, "OrdersController", "create", 402, order_id=no)
            return 402, {}
        await db(c, "INSERT orders", 5)
        codes = [f"T{nxt('tick', 7):06X}" for _ in range(b["n"])]
        w.orders[no] = {"codes": codes, "slot": b["slot"], "state": "paid", "no": no}
        for t in codes: w.tickets[t] = {"order": no, "in": False}
        await later(c, "TicketPdfJob", no)
        async with c.producer("mqtt:tickets") as p:
            await p.send({"codes": codes, "slot": b["slot"], "order": no, "op": "add"})
        ctl(c, b, "OrdersController", "create", 201, order_id=no)
        return 201, {"order": no, "codes": codes}

    @shop.http("POST /shop/orders/{no}/cancel")
    async def cancel(c, b):
        o = w.orders[int(b["_route"].split("/")[3])]
        if o["state"] != "paid" or any(w.tickets[t]["in"] for t in o["codes"]):
            ctl(c, b, "OrdersController", "cancel", 422)
            return 422, {}
        o["state"] = "cancelled"
        await db(c, "UPDATE orders", 4)
        await later(c, "RefundJob", o["no"])
        await c.publish("mqtt:tickets", {"codes": o["codes"], "slot": o["slot"], "order": o["no"], "op": "del"})
        ctl(c, b, "OrdersController", "cancel", 200)
        return 200, {}

    @shop.http("POST /shop/admissions")
    async def admit(c, b):
        t = w.tickets.get(b["code"])
        await db(c, "SELECT tickets", 2)
        ok = bool(t) and not t["in"] and w.orders[t["order"]]["state"] == "paid"
        if ok:
            t["in"] = True
            await db(c, "UPDATE tickets", 3)
        else: c.log.warning("admission refused", ticket=b["code"], reason="used or cancelled" if t else "unknown")
        ctl(c, b, "AdmissionsController", "create", 200 if ok else 403)
        return (200 if ok else 403), {"order": t and t["order"]}

    @shop.http("GET /shop/sales")
    async def sales(c, b):
        await db(c, "SELECT sales", 18)
        return 200, {"orders": [k for k, o in w.orders.items() if o["state"] == "paid"][-9:]}
    shop.noise(6, lambda l: l.debug("", method="GET", path="/healthz", format="*/*", controller="HealthController", action="show", status=200, duration="0.41"))

    # ---------------------------------------------------------------- sidekiq
    @jobs.consumer("sidekiq", retries=3, retry_ms=600)
    async def perform(c, m):
        x = m.body
        k = {"class": x["class"], "jid": x["jid"]}
        c.log.info("start", **k, incoming=True)
        if x["class"] == "TicketPdfJob":
            async with c.span("render pdf") as s:
                await s.work(190, 0.4)
                if s.rng.random() < 0.05 and m.attempt < 4:
                    c.log.info("fail", **k, elapsed=round(c.elapsed_ms() / 1000, 3))
                    raise Exception("wkhtmltopdf exited with 1")
            async with c.span("smtp", "CLIENT") as s:
                await s.work(60)
                s.log.info(f"Delivered mail to visitor of order {x['arg']}", **k)
        elif x["class"] == "RefundJob":
            async with c.span("POST api.stripe.com/v1/refunds", "CLIENT") as s:
                await s.work(240)
                s.log.info(f"refund of order {x['arg']} succeeded", **k, refund=f"re_{s.rng.getrandbits(56):014x}")
        else:
            async with c.span("POST sms", "CLIENT") as s:
                await s.work(110)
                s.log.info(f"curator texted about alarm {x['arg']}", **k)
        c.log.info("done", **k, elapsed=round(c.elapsed_ms() / 1000, 3))
    jobs.noise(9, lambda l: l.debug("Fetching from default, mailers"))

    # ---------------------------------------------------------------- gates
    @gates.consumer("mqtt:tickets", retries=1)
    async def whitelist(c, m):
        x = m.body
        await c.work(8)
        for t in x["codes"]:
            if x["op"] == "add" or c.rng.random() < 0.5: c.log.debug(f"{x['op']} {t} slot={x['slot']}", id="WLIST", gate=1, incoming=True)

    @gates.http("SCAN")
    async def scan(c, b):
        g = c.rng.randrange(1, 4)
        c.log.info(f"scan {b['code']}", id="SCAN", gate=g)
        async with c.client("shop", "POST /shop/admissions") as k:
            st, a = await k.send({"code": b["code"]})
        if st == 200:
            async with c.span("actuator") as s:
                await s.work(210, 0.3)
                s.log.info(f"arm released, {b['code']} in", id="PASS", gate=g)
            await c.publish("mqtt:count", {"gate": g, "d": 1, "code": b["code"]})
        else: c.log.warning(f"{b['code']} denied ({st})", id="DENY", gate=g)
        return st, {}
    gates.noise(7, lambda l: l.debug(f"watchdog kick, temp {w.rng.randrange(30, 44)}C", id="WDOG", gate=w.rng.randrange(1, 4)))

    # ---------------------------------------------------------------- climate
    @clim.consumer("mqtt:count")
    async def count(c, m):
        await c.work(1.5)
        if c.rng.random() < 0.5: c.log.debug(f"foyer +1 via gate {m.body['gate']}", module="Climate.People", incoming=True)

    @clim.http("MQTT readings")
    async def reading(c, b):
        """a sensor board sends a packet of three"""
        c.log.debug(f"packet #{b['seq']} from {b['sensor']}", topic=f"museum/{b['room']}/{b['sensor']}")
        async with c.span("decode") as s:
            await s.work(2)
        for kind, v, lo, hi in (("rh", b["rh"], 42, 58), ("t", b["t"], 18, 23), ("lux", b["lux"], 0, 190)):
            async with c.producer("reading") if kind == "rh" else contextlib.nullcontext() as p:
                send = p.send if p else lambda body: c.publish("reading", body, producer_span=False)
                await send({"kind": kind, "v": v, "room": b["room"], "sensor": b["sensor"], "seq": b["seq"], "bad": not lo <= v <= hi})
                if kind == "rh": p.log.debug(f"{b['seq']} -> pipeline")
        return 204, {}

    @clim.consumer("reading", retries=2)
    async def handle(c, m):
        x = m.body
        async with c.span("timescale insert", "CLIENT") as s:
            await s.work(4)
            if s.rng.random() < 0.4: s.log.debug(f'QUERY OK source="readings" db={s.elapsed_ms():.1f}ms')
        if x["bad"]:
            c.log.warning(f"{x['kind']}={x['v']} out of range", room=x["room"], sensor=x["sensor"], seq=x["seq"], incoming=True)
            await c.publish("cl.alarm", x)
        elif x["kind"] != "lux": c.log.info(f"{x['kind']}={x['v']} ok", sensor=x["sensor"], seq=x["seq"], incoming=True)
    clim.noise(5, lambda l: l.info(f"batcher :ts flushed {w.rng.randrange(8, 60)} rows", module="Climate.Pipeline"))

    # ---------------------------------------------------------------- alarms
    @cons.consumer("cl.alarm")
    async def alarm(c, m):
        x = m.body
        key = (x["room"], x["kind"])
        old = w.alarms.get(key)
        if old and old["open"]:
            c.log.info(f"alarm {old['id']} already open, room {x['room']} {x['kind']}={x['v']}", incoming=True)
            await c.work(1)
            return
        a = {"id": f"A-{nxt('alarm')}", "open": True, "ack": w.loop.create_future()}
        w.alarms[key] = a
        c.log.warning(f"alarm {a['id']} raised: room {x['room']} {x['kind']} {x['v']}", incoming=True)
        async with c.client("catalog", f"GET /cgi-bin/objects.pl/{x['room']}") as k:
            st, got = await k.send({})
            k.log.info(f"{a['id']}: {len(got['objects'])} objects at risk: {','.join(got['objects'])}")
        for level in (1, 2, 3):
            await c.publish("sidekiq", {"class": "PageCuratorJob", "jid": f"{w.rng.getrandbits(96):024x}", "arg": a["id"]})
            if level == 1: w._spawn(w.curator(a["id"]))
            try:
                who = await asyncio.wait_for(asyncio.shield(a["ack"]), 2.5)
                c.log.info(f"{a['id']} acknowledged by {who}")
                break
            except asyncio.TimeoutError:
                c.log.warning(f"{a['id']} not acknowledged, escalating to level {level + 1}")
        async with c.span("mnesia:transaction", "CLIENT") as s:
            await s.work(3)
        a["open"] = False
        c.log.info(f"alarm {a['id']} closed after {c.elapsed_ms() / 1000:.1f} s")

    @cons.http("POST /alarms/{id}/ack")
    async def ack(c, b):
        i = b["_route"].split("/")[2]
        a = next(x for x in w.alarms.values() if x["id"] == i)
        await c.work(2)
        if not a["open"]: return 409, {}
        if not a["ack"].done(): a["ack"].set_result(b["who"])
        c.log.info(f"ack {i} from {b['who']}", incoming=True)
        return 204, {}
    cons.noise(8, lambda l: l.debug("amqp heartbeat sent to rabbit@mq1, 3 channels open"))

    # ---------------------------------------------------------------- catalogue
    @cat.http("GET /cgi-bin/objects.pl/{room}")
    async def objects(c, b):
        room = b["_route"].split("/")[-1]
        async with c.span("dbi select", "CLIENT") as s:
            await s.work(15)
            s.log.debug(f"DBI: select inv_no from object where room='{room}' ({s.elapsed_ms():.0f} ms)", logger="objects")
        return 200, {"objects": [f"{1880 + int(room[1:]) * k}.{k}" for k in (3, 7, 11)]}

    @cat.http("POST /cgi-bin/upload.pl")
    async def upload(c, b):
        key = f"{b['inv']}/{nxt('img'):04d}.tif"
        c.log.info(f"upload {key} by {b['who']}", logger="upload", incoming=True)
        async with c.span("aws s3 cp", "CLIENT") as s:
            await s.work(260, 0.5)
            s.log.debug(f"upload: /tmp/{key.replace('/', '_')} to s3://masters/{key}", logger="upload")
        await c.publish("s3:ObjectCreated", {"key": key, "inv": b["inv"], "views": b["views"]})
        return 202, {"key": key}

    @cat.http("POST /cgi-bin/derivative.pl")
    async def derivative(c, b):
        async with c.span("dbi update", "CLIENT") as s:
            await s.work(9)
        c.log.info(f"{b['key']}: {b['n']} derivatives registered", logger="derivative", incoming=True)
        return 200, {}

    @cat.http("GET /cgi-bin/show.pl/{inv}")
    async def showobj(c, b):
        await db(c, "dbi select", 7)
        if c.rng.random() < 0.8: c.log.info(f"show {b['_route'].split('/')[-1]}", logger="show", incoming=True)
        return 200, {}

    # ---------------------------------------------------------------- imaging
    async def state(c, name, fn, ms, key, say, logger):
        async with c.span(name) as s:
            await s.work(ms)
            rq = f"{s.rng.getrandbits(32):08x}-{s.rng.getrandbits(16):04x}-4{s.rng.getrandbits(12):03x}"
            if say: s.log.info(say, logger=logger, function_name=fn, function_request_id=rq, cold_start=s.rng.random() < 0.1, object_key=key)

    @img.consumer("s3:ObjectCreated", retries=1)
    async def machine(c, m):
        x = m.body
        ex = f"{x['inv'].replace('.', '-')}-{c.rng.getrandbits(20):05x}"
        c.log.info("execution started", logger="start:31", execution=ex, key=x["key"], incoming=True)
        await state(c, "Validate", "img-validate", 45, x["key"], "checksum ok", "validate:52")

        async def one(v):
            async with c.client("tiler", "POST /tile") as k:
                for attempt in (1, 2, 3):
                    st, a = await k.send({"key": x["key"], "view": v})
                    if st == 200: break
                    k.log.warning("Retrying after States.TaskFailed", logger="tile:40", execution=ex, view=v, attempt=attempt)
                    await sleep(300 * attempt)
                k.log.info("tiles written", logger="tile:48", view=v, tiles=a.get("tiles", 0), execution=ex)
                return st == 200
        got = await asyncio.gather(*[one(v) for v in x["views"]])
        await state(c, "Metadata", "img-exif", 25, x["key"], None, None)
        if not all(got): c.log.error("execution FAILED", logger="end:12", execution=ex)
        else:
            async with c.client("catalog", "POST /cgi-bin/derivative.pl") as k:
                await k.send({"key": x["key"], "n": len(got)})
            c.log.info("execution SUCCEEDED", logger="end:9", execution=ex, billed_ms=math.ceil(c.elapsed_ms()))
    img.noise(8, lambda l: l.debug("warmer ping", logger="warm:3"))

    @tiler.http("POST /tile")
    async def tile(c, b):
        c.log.info(f"job {b['key']}#{b['view']}", incoming=True)
        if c.rng.random() < 0.06:
            c.log.error(f"vips: TIFFReadDirectory failed, {b['key']}")
            return 500, {}
        async with c.span("pyramid") as s:
            await s.work(330, 0.5)
            tiles = s.rng.randrange(40, 800)
            if s.rng.random() < 0.6: s.log.debug(f"pyramid {s.rng.randrange(5, 9)} levels, {tiles} tiles, {s.elapsed_ms():.0f}ms")
        await db(c, "s3 put", 60)
        c.log.info(f"done {b['key']}#{b['view']} in {c.elapsed_ms():.0f}ms")
        return 200, {"tiles": tiles}
    tiler.noise(6, lambda l: l.debug(f"cache {w.rng.randrange(100, 900)} MB, {w.rng.randrange(9)} evictions"))

    # ---------------------------------------------------------------- accounts
    @acc.every(14, first=9)
    async def accounts(c):
        async with c.client("shop", "GET /shop/sales") as k:
            st, a = await k.send({})
            k.log.info(f"{len(a['orders'])} orders to book")
        for o in a["orders"]:
            async with c.span("sap idoc", "CLIENT") as s:
                await s.work(30)
                s.log.info(f"order {o} -> idoc {s.rng.randrange(10 ** 7, 10 ** 8)}")
        c.log.info("all booked")


async def load(w):
    r = w.rng

    async def curator(i):
        await sleep(r.uniform(600, 6000))
        await w.start("www", f"POST /alarms/{i}/ack", {"who": r.choice(["mkern", "alopez", "nightguard"])})
    w.curator = curator

    async def one(i):
        x = r.random()
        if x < 0.27 or not w.tickets:
            st, a = await w.start("www", "POST /shop/orders", {"slot": f"{r.randrange(9, 18):02d}{r.choice(['00', '30'])}", "n": r.choice([1, 1, 2, 2, 3])})
            if st == 201 and r.random() < 0.6:
                await sleep(r.uniform(1500, 6000))
                for t in a["codes"]: await w.start("gates", "SCAN", {"code": t})
        elif x < 0.34: await w.start("gates", "SCAN", {"code": r.choice(list(w.tickets))})
        elif x < 0.42: await w.start("www", f"POST /shop/orders/{r.choice(list(w.orders))}/cancel")
        elif x < 0.72:
            bad = r.random() < 0.35
            await w.start("climate", "MQTT readings", {"room": f"R{r.randrange(1, 15)}", "sensor": f"hx{r.randrange(100, 140)}", "seq": 40000 + i * 3, "rh": r.randrange(43, 58) if not bad else r.randrange(59, 71), "t": round(r.uniform(18.5, 22.5), 1), "lux": r.randrange(20, 180)})
        elif x < 0.88:
            inv = f"{r.randrange(1880, 1990)}.{r.randrange(1, 400)}"
            w.objects[inv] = 1
            await w.start("www", "POST /cgi-bin/upload.pl", {"inv": inv, "who": r.choice(["studio1", "studio2"]), "views": r.choice([["full"], ["full", "detail"], ["full", "verso", "raking"]])})
        else: await w.start("www", f"GET /cgi-bin/show.pl/{r.choice(list(w.objects) or ['1901.4'])}")
    await arrivals(w, 150, 2.8, one)
    await sleep(4000)

record(build, load, "z_museum")
