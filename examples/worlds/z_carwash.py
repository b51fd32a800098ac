"""Car wash chain: cameras read plates, an MQTT broker carries them, lanes (Elixir) ask the club (Rails) and the card terminals (Perl), a C++ daemon drives the
tunnel step by step, dosing pumps log to syslog, Sidekiq settles, a Lambda on SQS counts points, a shell script closes the day."""
import json
from world import *

MON = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def nginx(r):           # www: own log_format, seconds, $request_time and $upstream_response_time
    f = r.fields
    if "req" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    t = r.trace_id and f"{r.trace_id}/{r.span_id}" or "-"
    return (f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/1.1" {f["st"]} {f["size"]} "-" "{f["ua"]}" rt={f["rt"]:.3f} urt={f["rt"] - 0.001:.3f} '
            f'reqid={f["rid"]} trace={t}' + (f' tp={r.incoming}' if r.incoming else ""))


def rails(r):           # club: Rails' Logger::Formatter with tags
    tags = f"[{r.fields['rid']}] " if r.fields.get("rid") else ""
    if r.trace_id: tags += f"[trace_id={r.trace_id} span_id={r.span_id}] "
    tail = f" (traceparent: {r.incoming})" if r.incoming else ""
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tags}{r.message}{tail}"


def sidekiq(r):         # clubjobs: Sidekiq 6 pretty
    c = "".join(f" {k}={v}" for k, v in r.fields.items())
    if r.trace_id: c += f" trace={r.trace_id} span={r.span_id}"
    if r.incoming_parent: c += f" parent={r.incoming_parent}"
    return f"{isoz(r)} pid={r.pid} tid={format(91234567 + r.thread * 40503, 'x')}{c} {r.level}: {r.message}"


def glog(r):            # anpr, tunneld: glog; C++ people append the ids in brackets
    t = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f" [from {r.incoming_parent}]"
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread:5d} {r.logger}] {r.message}{t}"


def mosq(r):            # broker: log_dest file, epoch seconds; knows no trace ids
    return f"{r.ns // NS}: {r.message}"


def elixir(r):          # lanes: Elixir console, "$time $metadata[$level] $message"
    md = "".join(f"{k}={v} " for k, v in r.fields.items())
    if r.trace_id: md += f"trace_id={r.trace_id} span_id={r.span_id} "
    if r.incoming: md += f"traceparent={r.incoming} "
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {md}[{'warning' if r.level == 'WARN' else r.level.lower()}] {r.message}"


def log4perl(r):        # terminals: Log::Log4perl "%d %p> %F{1}:%L %M - %m"
    t = f" {{{r.trace_id},{r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: t += f" <{r.incoming_parent}"
    return f"{r.time:%Y/%m/%d %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level}> {r.logger} - {r.message}{t}"


def syslog(r):          # dosed: BSD syslog on the pump boards
    t = f" tid={r.trace_id} sid={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" psid={r.incoming_parent}"
    return f"{MON[r.time.month - 1]} {r.time.day:2d} {r.time:%H:%M:%S} pump{r.fields.get('lane', 0)} dosed[{r.pid}]: {r.message}{t}"


def awsnode(r):         # points: Lambda, Node runtime
    if "raw" in r.fields: return r.message
    t = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: t += f" traceparent={r.incoming}"
    return f"{isoz(r)}\t{r.fields['rq']}\t{r.level}\t{r.message}{t}"


def bash(r):            # closeday: echo "$(date '+%F %T') $0: ..."
    t = f" ({r.trace_id} {r.span_id})" if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S} close_day.sh: {r.message}{t}"


def build(w):
    w.network_ms, w.broker_ms = 1.2, 9
    w.members, w.vouchers, w.sessions, w.paid, waiting = {}, {}, {}, [], {}
    n = {"s": w.rng.randrange(41000, 60000), "v": 7000, "mid": 0, "txn": w.rng.randrange(100000, 200000), "wash": w.rng.randrange(880000, 890000)}

    def nxt(k, by=1):
        n[k] += by
        return n[k]

    www = w.service("www", nginx)
    club = w.service("club", rails, errors=lambda c, e: c.log.error(f"\nRuntimeError ({e}):\n\napp/subscribers/lane_subscriber.rb:31:in `call'"))
    jobs = w.service("clubjobs", sidekiq, errors=lambda c, e: c.log.warning(f"RuntimeError: {e}\napp/jobs/application_job.rb:18:in `perform'"))
    anpr = w.service("anpr", glog)
    broker = w.service("mosquitto", mosq, errors=lambda c, e: c.log.error(f"Error: {e}."))
    lanes = w.service("lanes", elixir, errors=lambda c, e: c.log.error(f"GenServer Lanes.Session terminating\n** (RuntimeError) {e}\n    (lanes 3.2.0) lib/lanes/session.ex:88: Lanes.Session.handle_info/2"))
    term = w.service("terminals", log4perl)
    tun = w.service("tunneld", glog, errors=lambda c, e: c.log.error(f"subscription callback threw: {e}", logger="mqtt_loop.cpp:140"))
    dose = w.service("dosed", syslog, errors=lambda c, e: c.log.error(f"err: {e}"))
    pts = w.service("points", awsnode, errors=lambda c, e: c.log.error(f"Invoke Error \t" + json.dumps({"errorType": "Error", "errorMessage": str(e), "stack": ["Error: " + str(e), "    at handler (/var/task/index.mjs:14:9)"]}), rq="-"))
    cron = w.service("closeday", bash)
    rid = lambda: f"{w.rng.getrandbits(128):032x}"

    # ---------------------------------------------------------------- www
    @www.http("ANY *")
    async def pass_on(c, b):
        verb, path = b["_route"].split(" ")
        i = rid()
        be = "lanes" if path.startswith("/kiosk/lane") else "club"
        st, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False, rid=i)
        c.log.info("", req=b["_route"], st=st, size=c.rng.randrange(60, 1900), rt=c.elapsed_ms() / 1000, rid=i, ip=f"91.12.{c.rng.randrange(99)}.{c.rng.randrange(250)}",
                   ua=c.rng.choice(["WashApp/4.1 (iOS 18.2)", "WashApp/4.1 (Android 15)", "kiosk/2.0"]), incoming=True)
        return st, a
    www.noise(9, lambda l: l.warning("*77 upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/1/00/0000000001 while reading upstream"))

    # ---------------------------------------------------------------- camera
    @anpr.http("FRAME")
    async def frame(c, b):
        async with c.span("ocr") as s:
            await s.work(38)
            conf = 0.8 + s.rng.random() * 0.19
            s.log.debug(f"ocr '{b['plate']}' conf={conf:.2f} {s.elapsed_ms():.1f}ms", logger="plate_reader.cc:207")
        async with c.producer("mq/plate") as p:
            m = await p.send({"plate": b["plate"], "lane": b["lane"], "mid": nxt("mid")})
            p.log.info(f"lane {b['lane']}: vehicle {b['plate']}, publish mid={n['mid']}", logger="mqtt_out.cc:55")
        return 200, {}
    anpr.noise(6, lambda l: l.info(f"camera {w.rng.randrange(1, 5)} fps=24.9 dropped=0 exposure={w.rng.randrange(200, 900)}us", logger="grabber.cc:91"))
    anpr.noise(14, lambda l: l.warning("headlights in frame, plate rejected conf=0.31", logger="plate_reader.cc:213"))

    # ---------------------------------------------------------------- broker between cameras, tunnels and lanes
    def relay(inward, outward, who, to, name):
        @broker.consumer(inward)
        async def through(c, m):
            x = m.body
            topic = name.format(**x)
            c.log.debug(f"Received PUBLISH from {who.format(**x)} (d0, q1, r0, m{x.get('mid', 0) % 65535}, '{topic}', ... ({len(json.dumps(x))} bytes))")
            async with c.producer(outward) if outward != "step" else contextlib.nullcontext(c) as p:
                await (c.publish(outward, x, producer_span=False) if p is c else p.send(x))
                p.log.debug(f"Sending PUBLISH to {to.format(**x)} (d0, q1, r0, m{x.get('mid', 0) % 65535}, '{topic}', ... ({len(json.dumps(x))} bytes))")
    relay("mq/plate", "plate", "anpr-cam{lane}", "lanes@app1", "site/12/lane/{lane}/plate")
    relay("mq/start", "tunnel/start", "lanes@app1", "tunneld-{lane}", "site/12/lane/{lane}/cmd")
    relay("mq/step", "step", "tunneld-{lane}", "lanes@app1", "site/12/lane/{lane}/step")
    broker.noise(4, lambda l: l.debug(f"Received PINGREQ from tunneld-{w.rng.randrange(1, 5)}"))
    broker.noise(12, lambda l: l.info("Saving in-memory database to /var/lib/mosquitto//mosquitto.db."))

    # ---------------------------------------------------------------- lanes
    async def begin(c, sid, lane, prog, plate, how):
        w.sessions[sid] = {"sid": sid, "lane": lane, "prog": prog, "plate": plate, "how": how, "state": "washing"}
        async with c.span("lanes.repo.query", "CLIENT") as q:
            await q.work(3)
            if q.rng.random() < 0.6: q.log.debug(f'QUERY OK source="sessions" db={q.elapsed_ms():.1f}ms queue=0.2ms idle={q.rng.randrange(20, 900)}.1ms\nINSERT INTO "sessions" ("id","lane","program","state") VALUES ($1,$2,$3,$4) [{sid}, {lane}, "{prog}", "washing"]')
        async with c.producer("mq/start") as p:
            p.log.info(f"opening barrier, program {prog}", session=sid, lane=lane)
            await p.send({"sid": sid, "lane": lane, "prog": prog, "mid": nxt("mid")})

    @lanes.consumer("plate")
    async def arrived(c, m):
        plate, lane, sid = m.body["plate"], m.body["lane"], nxt("s")
        c.log.info(f"plate {plate} at entry", session=sid, lane=lane, incoming=True)
        async with c.client("club", f"GET /internal/plates/{plate.replace(' ', '')}") as k:
            st, a = await k.send({}, rid="")
            k.log.debug(f"club answered {st} for {plate}", session=sid)
        if st == 200:
            await begin(c, sid, lane, a["plan"], plate, f"m{a['member']}")
            return
        for attempt in (1, 2):
            async with c.client("terminals", "POST /auth") as k:
                st, a = await k.send({"lane": lane, "cents": 1490, "ref": sid})
                if st != 200: k.log.warning(f"terminal said no: {a['why']} (try {attempt})", session=sid)
            if st == 200: break
            await sleep(700)
        if st != 200:
            c.log.info("driver left without wash", session=sid, lane=lane)
            return
        await begin(c, sid, lane, "basic", plate, f"t{a['txn']}")

    @lanes.http("POST /kiosk/lane/{n}/start")
    async def start(c, b):
        lane, sid = int(b["_route"].split("/")[3]), nxt("s")
        c.log.info(f"{b['_route'].split(' ')[0]} {b['_route'].split(' ')[1]}", request_id=b["_headers"].get("rid", "-")[:20], incoming=True)
        async with c.client("club", "POST /internal/vouchers/redeem") as k:
            st, a = await k.send({"code": b["code"], "session": sid}, rid=b["_headers"].get("rid", ""))
        if st == 200: await begin(c, sid, lane, a["prog"], None, f"v{b['code']}")
        c.log.info(f"Sent {st} in {c.elapsed_ms():.0f}ms", request_id=b["_headers"].get("rid", "-")[:20])
        return st, {"session": sid}

    @lanes.consumer("step")
    async def stepped(c, m):
        x = m.body
        s = w.sessions[x["sid"]]
        if x["step"] not in ("done", "estop"):
            if c.rng.random() < 0.75: c.log.debug(f"{s['prog']}: {x['step']}", session=x["sid"], incoming=True)
            return
        s["state"] = x["step"]
        async with c.span("lanes.repo.query", "CLIENT") as q:
            await q.work(4)
            q.log.debug(f'QUERY OK source="sessions" db={q.elapsed_ms():.1f}ms idle={q.rng.randrange(20, 900)}.4ms\nUPDATE "sessions" SET "state" = $1 WHERE "id" = $2 ["{x["step"]}", {x["sid"]}]')
        if x["step"] == "done":
            c.log.info("wash finished, exit light green", session=x["sid"], lane=x["lane"], incoming=True)
            await c.publish("wash.finished", dict(s))
        else:
            c.log.error("EMERGENCY STOP, attendant called", session=x["sid"], lane=x["lane"], incoming=True)
            await c.publish("wash.aborted", dict(s))
    lanes.noise(5, lambda l: l.debug(f"Tortoise311 keep alive {w.rng.randrange(1, 9)}ms"))

    # ---------------------------------------------------------------- tunnel and pumps
    @tun.consumer("tunnel/start", concurrency=4)
    async def run(c, m):
        x = m.body
        c.log.info(f"job {x['sid']} lane={x['lane']} prog={x['prog']} accepted", logger="tunnel.cpp:318", incoming=True)
        steps = {"basic": ["prewash", "foam", "rinse"], "plus": ["foam", "brush", "rinse", "dry"], "gold": ["foam", "brush", "wax", "rinse", "dry"]}[x["prog"]]
        for i, step in enumerate(steps):
            async with c.span(step) as s:
                await s.work(420, 0.4)
                if s.rng.random() < 0.015:
                    s.log.error(f"E-STOP lane {x['lane']} during {step}, conveyor halted (job {x['sid']})", logger="plc.cpp:77")
                    await s.publish("mq/step", dict(x, step="estop", mid=nxt("mid")))
                    return
                await s.publish("mq/step", dict(x, step=step, mid=nxt("mid")), producer_span=False)
                if step in ("foam", "wax"): await s.publish("dose", dict(x, step=step), producer_span=False)
                if i % 2 == 0: s.log.info(f"{step} ok {s.elapsed_ms():.0f} ms, motor {s.rng.uniform(2, 9):.1f} A", logger="stage.cpp:64")
        await c.publish("mq/step", dict(x, step="done", mid=nxt("mid")), producer_span=False)
        c.log.info(f"job {x['sid']} complete", logger="tunnel.cpp:355")
    tun.noise(7, lambda l: l.info(f"PLC cycle avg=9.{w.rng.randrange(9)}ms max=14ms overruns=0", logger="plc.cpp:40"))

    @dose.consumer("dose")
    async def dosing(c, m):
        x = m.body
        await c.work(60)
        ml = c.rng.randrange(60, 190)
        (c.log.info if ml < 180 else c.log.warning)(f"{x['step']} {ml}ml job={x['sid']}" + ("" if ml < 180 else " LOW PRESSURE"), lane=x["lane"], incoming=True)
    dose.noise(8, lambda l: l.info(f"tank foam {w.rng.randrange(20, 90)}% wax {w.rng.randrange(20, 90)}%", lane=w.rng.randrange(1, 5)))

    # ---------------------------------------------------------------- terminals
    @term.http("POST /auth")
    async def auth(c, b):
        L = "Auth.pm:88 Wash::Terminal::Auth::run"
        c.log.info(f"lane {b['lane']}: please insert card, {b['cents'] / 100:.2f} EUR, ref {b['ref']}", logger=L, incoming=True)
        async with c.span("ISO8583 0100", "CLIENT") as s:
            await s.work(640, 0.5)
            t = nxt("txn", 3)
            ok = s.rng.random() > 0.12
            s.log.debug(f"0110 stan={t} rc={'00' if ok else '51'}", logger="Iso.pm:203 Wash::Iso::exchange")
        if not ok: return 402, {"why": c.rng.choice(["declined", "chip error"])}
        return 200, {"txn": t}

    @term.http("POST /capture/{txn}")
    async def capture(c, b):
        t = b["_route"].split("/")[-1]
        await c.work(120)
        if c.rng.random() < 0.07:
            c.log.error(f"capture of {t} failed: no answer from acquirer at Capture.pm line 41.", logger="Capture.pm:41 Wash::Terminal::Capture::run", incoming=True)
            return 504, {}
        c.log.info(f"captured {t}", logger="Capture.pm:52 Wash::Terminal::Capture::run", incoming=True)
        return 200, {}

    @term.http("POST /void/{txn}")
    async def void(c, b):
        await c.work(150)
        c.log.warning(f"void {b['_route'].split('/')[-1]}", logger="Void.pm:19 Wash::Terminal::Void::run", incoming=True)
        return 200, {}

    @term.http("POST /charge")
    async def charge(c, b):
        async with c.span("ISO8583 0200", "CLIENT") as s:
            await s.work(380, 0.5)
        t = nxt("txn", 3)
        ok = c.rng.random() > 0.06
        c.log.info(f"card-on-file {b['cents']}ct for {b['ref']}: {'approved, stan=%d' % t if ok else 'declined (05)'}", logger="Cof.pm:61 Wash::Cof::charge", incoming=True)
        return (200, {"txn": t}) if ok else (402, {})
    term.noise(6, lambda l: l.debug("echo test 0800 -> 0810 ok", logger="Iso.pm:150 Wash::Iso::echo"))

    # ---------------------------------------------------------------- club
    def started(c, b, ctl, params, **k):
        i = b["_headers"].get("rid") or None
        verb, path = b["_route"].split(" ")
        c.log.info(f'Started {verb} "{path}" for 10.4.0.{c.rng.randrange(2, 9)} at {w_time(w)} +0000', rid=i, incoming=True)
        c.log.info(f"Processing by {ctl} as JSON", rid=i)
        if params: c.log.info("  Parameters: " + "{" + ", ".join(f'"{k}"=>{json.dumps(v)}' for k, v in params.items()) + "}", rid=i)
        return i

    def completed(c, i, st):
        word = {200: "OK", 201: "Created", 202: "Accepted", 402: "Payment Required", 404: "Not Found", 409: "Conflict"}[st]
        c.log.info(f"Completed {st} {word} in {c.elapsed_ms():.0f}ms (ActiveRecord: {c.rng.uniform(0.8, 9):.1f}ms | Allocations: {c.rng.randrange(900, 9000)})", rid=i)

    async def ar(c, i, label, sql, ms=2.5, show=1.0):
        async with c.span("active_record " + label.split(" ")[0], "CLIENT") as s:
            await s.work(ms)
            if s.rng.random() < show: s.log.debug(f"  {label} ({s.elapsed_ms():.1f}ms)  {sql}", rid=i)

    async def enqueue(c, i, job, queue, arg):
        jid = f"{w.rng.getrandbits(96):024x}"
        async with c.producer("q:" + queue) as p:
            await p.send({"job": job, "jid": jid, "arg": arg, "at": w.ns()})
            p.log.info(f"[ActiveJob] Enqueued {job} (Job ID: {jid}) to Sidekiq({queue}) with arguments: {json.dumps(arg)}", rid=i)

    @club.http("GET /internal/plates/{plate}")
    async def by_plate(c, b):
        plate = b["_route"].split("/")[-1]
        await ar(c, None, "Member Load", f"SELECT \"members\".* FROM \"members\" WHERE \"members\".\"plate\" = $1 LIMIT $2  [[\"plate\", \"{plate}\"], [\"LIMIT\", 1]]", show=0.7)
        x = w.members.get(plate)
        c.log.info(f"plate lookup #{plate}: " + (f"member #{x['member']} ({x['plan']})" if x else "unknown"), incoming=True)
        return (200, x) if x else (404, {})

    @club.http("POST /api/vouchers")
    async def buy(c, b):
        i = started(c, b, "Api::VouchersController#create", {"program": b["prog"], "email": "[FILTERED]"})
        code = f"{nxt('v', 7)}-{c.rng.randrange(1000, 9999)}"
        async with c.client("terminals", "POST /charge") as k:
            st, a = await k.send({"cents": 1690, "ref": code})
        if st != 200:
            completed(c, i, 402)
            return 402, {}
        await ar(c, i, "Voucher Create", f"INSERT INTO \"vouchers\" (\"code\", \"program\", \"stan\") VALUES ($1, $2, $3) RETURNING \"id\"  [[\"code\", \"{code}\"], [\"program\", \"{b['prog']}\"], [\"stan\", {a['txn']}]]", 4)
        w.vouchers[code] = {"prog": b["prog"], "used": None, "txn": a["txn"]}
        await enqueue(c, i, "VoucherMailJob", "mailers", code)
        completed(c, i, 201)
        return 201, {"code": code}

    @club.http("POST /internal/vouchers/redeem")
    async def redeem(c, b):
        i = b["_headers"].get("rid") or None
        v = w.vouchers.get(b["code"])
        await ar(c, i, "Voucher Update", f"UPDATE \"vouchers\" SET \"session_id\" = $1 WHERE \"vouchers\".\"code\" = $2  [[\"session_id\", {b['session']}], [\"code\", \"{b['code']}\"]]", 4, 0.5)
        if not v or v["used"]:
            c.log.warning(f"voucher {b['code']} not redeemable", rid=i, incoming=True)
            return 409, {}
        v["used"] = b["session"]
        c.log.info(f"voucher {b['code']} redeemed by session {b['session']}", rid=i, incoming=True)
        return 200, {"prog": v["prog"]}

    @club.http("GET /api/vouchers/{code}")
    async def show(c, b):
        code = b["_route"].split("/")[-1]
        i = started(c, b, "Api::VouchersController#show", {"code": code})
        await ar(c, i, "Voucher Load", f"SELECT \"vouchers\".* FROM \"vouchers\" WHERE \"vouchers\".\"code\" = $1 LIMIT $2  [[\"code\", \"{code}\"], [\"LIMIT\", 1]]", 1.5, 0.6)
        completed(c, i, 200)
        return 200, {}

    @club.http("DELETE /api/vouchers/{code}")
    async def back(c, b):
        code = b["_route"].split("/")[-1]
        i = started(c, b, "Api::VouchersController#destroy", {"code": code})
        v = w.vouchers[code]
        if v["used"]:
            completed(c, i, 409)
            return 409, {}
        v["used"] = "refund"
        await enqueue(c, i, "RefundJob", "default", [v["txn"], code])
        completed(c, i, 202)
        return 202, {}

    @club.http("GET /internal/export/{site}")
    async def export(c, b):
        await ar(c, None, "Wash Pluck", "SELECT \"washes\".\"id\", \"washes\".\"cents\" FROM \"washes\" WHERE \"washes\".\"closed_at\" IS NULL", 14)
        rows, w.paid[:] = w.paid[:12], w.paid[12:]
        return 200, {"rows": rows}
    club.noise(6, lambda l: l.info('Started GET "/up" for 10.4.0.1 at ' + w_time(w) + ' +0000'))

    # ---------------------------------------------------------------- sidekiq
    @jobs.consumer("wash.finished", retries=4, retry_ms=350)
    async def settle(c, m):
        x = m.body
        jid = f"{x['sid']:08d}".encode().hex() + f"{x['lane']:08x}"
        ctx = {"class": "SettleWashJob", "jid": jid}
        c.log.info("start", **ctx, incoming=True)
        if x["how"][0] == "t":
            async with c.client("terminals", f"POST /capture/{x['how'][1:]}") as k:
                st, _ = await k.send({})
            if st != 200:
                c.log.info("fail", **ctx, elapsed=round(c.elapsed_ms() / 1000, 3))
                c.fail()
                raise Exception("capture")
        async with c.span("pg INSERT washes", "CLIENT") as s:
            await s.work(4)
            wash = nxt("wash")
            if x["how"][0] != "m": s.log.debug(f"wash ##{wash} session {x['sid']} paid by {x['how']}", **ctx)
        w.paid.append((wash, x["sid"]))
        async with c.producer("sqs:points") as p:
            await p.send({"wash": wash, "by": x["how"], "prog": x["prog"]})
        c.log.info("done", **ctx, elapsed=round(c.elapsed_ms() / 1000, 3))

    @jobs.consumer("wash.aborted", retries=1)
    async def aborted(c, m):
        x = m.body
        c.log.warning(f"compensating session {x['sid']} ({x['how']})", **{"class": "AbortedWashJob"}, incoming=True)
        if x["how"][0] == "t": await c.call("terminals", f"POST /void/{x['how'][1:]}")
        elif x["how"][0] == "v":
            w.vouchers[x["how"][1:]]["used"] = None
            async with c.span("pg UPDATE vouchers", "CLIENT") as s:
                await s.work(4)
                s.log.info(f"voucher {x['how'][1:]} valid again", **{"class": "AbortedWashJob"})
        await c.work(5)

    @jobs.consumer("q:mailers")
    async def mails(c, m):
        ctx = {"class": m.body["job"], "jid": m.body["jid"]}
        c.log.info("start", **ctx, incoming=True)
        async with c.span("smtp", "CLIENT") as s:
            await s.work(140, 0.5)
            s.log.debug(f"VoucherMailer#code: processed outbound mail in {s.elapsed_ms():.1f}ms", **ctx)
        c.log.info("done", **ctx, elapsed=round(c.elapsed_ms() / 1000, 3))

    @jobs.consumer("q:default")
    async def refunds(c, m):
        ctx = {"class": m.body["job"], "jid": m.body["jid"]}
        c.log.info("start", **ctx, incoming=True)
        async with c.client("terminals", f"POST /void/{m.body['arg'][0]}") as k:
            st, _ = await k.send({})
            k.log.info(f"refund of {m.body['arg'][1]} -> {st}", **ctx)
        c.log.info("done", **ctx, elapsed=round(c.elapsed_ms() / 1000, 3))
    jobs.noise(10, lambda l: l.info("Cron Jobs - enqueued none"))

    # ---------------------------------------------------------------- lambda
    @pts.consumer("sqs:points", retries=1)
    async def points(c, m):
        rq = "%08x-%04x-4%03x-9%03x-%012x" % tuple(c.rng.getrandbits(k) for k in (32, 16, 12, 12, 48))
        c.log.info(f"START RequestId: {rq} Version: $LATEST", raw=1)
        await c.work(6)
        x = m.body
        c.log.info(f"messageId {m.id} wash={x['wash']} customer={x['by']}", rq=rq, incoming=True)
        if x["by"][0] == "m":
            async with c.span("dynamodb UpdateItem", "CLIENT") as s:
                await s.work(9)
                s.log.debug("UpdateItem points " + json.dumps({"pk": {"S": "MEMBER#" + x["by"][1:]}, "add": {"N": "10"}}, separators=(",", ":")), rq=rq)
        else: c.log.info("no member, no points", rq=rq)
        c.log.info(f"END RequestId: {rq}", raw=1)
        d = c.elapsed_ms()
        c.log.info(f"REPORT RequestId: {rq}\tDuration: {d:.2f} ms\tBilled Duration: {math.ceil(d)} ms\tMemory Size: 256 MB\tMax Memory Used: {c.rng.randrange(81, 99)} MB\t", raw=1)

    # ---------------------------------------------------------------- shell
    @cron.every(11, first=8)
    async def close_day(c):
        c.log.info("begin")
        async with c.span("curl club", "CLIENT") as k:
            st, a = await k.call("club", "GET /internal/export/12", client_span=False)
        for wash, sid in a["rows"]:
            async with c.span("book") as s:
                await s.work(7)
                s.log.info(f"wash {wash} booked" + (f" (session {sid})" if s.rng.random() < 0.5 else ""))
        c.log.info(f"end, {len(a['rows'])} booked, 0 failed")


def w_time(w): return f"{datetime.datetime.fromtimestamp(w.ns() // NS, datetime.timezone.utc):%Y-%m-%d %H:%M:%S}"


async def load(w):
    r = w.rng
    plate = lambda: f"{r.choice(['M', 'KA', 'HH', 'B', 'FFB'])}-{r.choice('ABKLST')}{r.choice('CEMRX')} {r.randrange(100, 9999)}"
    cars = [plate() for _ in range(60)]
    for i, p in enumerate(cars[:35]): w.members[p.replace(" ", "")] = {"member": 2000 + i * 17, "plan": r.choice(["basic", "plus", "gold"])}

    async def one(i):
        x = r.random()
        free = [k for k, v in w.vouchers.items() if not v["used"]]
        if x < 0.48: await w.start("anpr", "FRAME", {"plate": r.choice(cars), "lane": r.randrange(1, 5)})
        elif x < 0.66 or not w.vouchers: await w.start("www", "POST /api/vouchers", {"prog": r.choice(["plus", "gold"])})
        elif x < 0.82: await w.start("www", f"POST /kiosk/lane/{r.randrange(1, 5)}/start", {"code": r.choice(free or list(w.vouchers))})
        elif x < 0.94: await w.start("www", f"GET /api/vouchers/{r.choice(list(w.vouchers))}")
        else: await w.start("www", f"DELETE /api/vouchers/{r.choice(free or list(w.vouchers))}")
    await arrivals(w, 165, 2.6, one)
    await sleep(3000)

record(build, load, "z_carwash")
