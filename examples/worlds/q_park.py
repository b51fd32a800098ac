"""A theme park: day tickets are sold and paid, turnstiles ask whether they are good, guests take places in virtual ride queues and are called in groups
(a ticking dispatcher), pass the ride's reader, sit in a train, get a photo; a ride that breaks down sends everybody a voucher; refunds."""
import json
from world import *


def apache(r):        # frontdoor: Apache combined plus %D
    f = r.fields
    if "url" not in f: return f"[{r.time:%a %b %d %H:%M:%S}.{r.time.microsecond:06d} {r.time:%Y}] [proxy:{r.level.lower()}] [pid {r.pid}:tid {139000 + r.thread}] {r.message}"
    t = f" {r.trace_id} {r.span_id}" if r.trace_id else " - -"
    if r.incoming: t += f" {r.incoming}"
    return f'10.44.{f["ip"] // 250}.{f["ip"] % 250} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["url"]} HTTP/1.1" {f["st"]} {f["len"]} "https://park.example/" "ParkApp/7 ({f["os"]})" {f["us"]}{t}'

def timbre(r):        # tickets: Clojure, timbre
    x = f" {{:trace-id \"{r.trace_id}\", :span-id \"{r.span_id}\"" + (f", :parent \"{r.incoming_parent}\"" if r.incoming_parent else "") + "}" if r.trace_id else ""
    return f"{r.time:%y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} tix-7f {r.level} [park.{r.logger}] - {r.message}{x}"

def wjson(r):         # cashier: winston json
    d = {"level": r.level.lower(), "message": r.message, "service": "cashier", "timestamp": isoz(r)} | r.fields
    if r.trace_id: d["ctx"] = {"traceId": r.trace_id, "spanId": r.span_id} | ({"parentId": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d, separators=(",", ":"))

def glog(r):          # gates: C++ glog
    t = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f" [<-{r.incoming_parent}]"
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid:5d} {r.logger}]{t} {r.message}"

def elixir(r):        # vqueue: Elixir Logger with metadata
    md = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming: md += f"traceparent={r.incoming} "
    kv = "".join(f"{k}={v} " for k, v in r.fields.items())
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {kv}{md}[{r.level.lower().replace('warn', 'warning')}] {r.message}"

def stjson(r):        # rides: structlog JSONRenderer, event names
    d = dict(r.fields) | {"event": r.message, "level": r.level.lower().replace("warn", "warning"), "timestamp": isoz(r, 6), "logger": r.logger}
    if r.trace_id: d |= {"trace": {"id": r.trace_id}, "span": {"id": r.span_id}}
    if r.incoming_parent: d["parent"] = {"id": r.incoming_parent}
    return json.dumps(d)

def log4js(r):        # push: log4js basic layout, told to print context
    t = f" {r.trace_id}-{r.span_id}" if r.trace_id else ""
    if r.incoming: t += f" ({r.incoming})"
    return f"[{isoz(r)[:-1]}] [{r.level}] {r.logger}{t} - {r.message}"

def semantic(r):      # photos: Ruby SemanticLogger
    tags = f" {{trace_id: {r.trace_id}, span_id: {r.span_id}" + (f", parent_id: {r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else ""
    f = dict(r.fields)
    dur = f" ({f.pop('dur'):.1f}ms)" if "dur" in f else ""
    pl = " -- {" + ", ".join(f":{k}=>{json.dumps(v)}" for k, v in f.items()) + "}" if f else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d} {r.level[0]} [{r.pid}:worker-{r.thread}]{tags}{dur} {r.logger} -- {r.message}{pl}"

def log4net(r):       # club: log4net
    nd = f"[{r.trace_id}/{r.span_id}]" if r.trace_id else "[(null)]"
    if r.incoming_parent: nd += f" [{r.incoming_parent}]"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread}] {r.level:<5} Club.{r.logger} {nd} - {r.message}"


RIDES = {"WOLF": "Grey Wolf", "SPLASH": "Log Splash", "TOWER": "Drop Tower"}

def build(w):
    w.network_ms, w.broker_ms = 1.1, 12
    w.new_message_id = lambda: "%014x" % w.ids.getrandbits(56)
    ctr = {"ord": w.rng.randrange(70000, 90000), "tr": 500, "pl": 0, "v": w.rng.randrange(1000, 3000)}
    w.tix, w.place, lines, called, riding, known = {}, {}, {k: [] for k in RIDES}, {}, {k: [] for k in RIDES}, set()

    fd = w.service("frontdoor", apache)
    tix = w.service("tickets", timbre, errors=lambda c, e: c.log.error(f"consumer thread caught java.lang.Exception: {e}\n  at park.tickets.bus$loop.invoke (bus.clj:31)\n  at clojure.lang.AFn.run (AFn.java:22)", logger="tickets.bus:31"))
    cash = w.service("cashier", wjson, errors=lambda c, e: c.log.error("uncaught", stack=f"Error: {e}\n    at onMessage (/app/bus.js:20:11)"))
    gates = w.service("gates", glog, errors=lambda c, e: c.log.error(f"Check failed: {e}", logger="sub.cc:71"))
    vq = w.service("vqueue", elixir, errors=lambda c, e: c.log.error(f"GenServer Vq.Consumer terminating: ** (RuntimeError) {e}"))
    rides = w.service("rides", stjson, errors=lambda c, e: c.log.error("handler.exception", logger="bus", exception=str(e)))
    push = w.service("push", log4js, errors=lambda c, e: c.log.error(f"job crashed: {e}", logger="bus"))
    pho = w.service("photos", semantic, errors=lambda c, e: c.log.error("Job failed", logger="PhotoJob", exception=str(e)))
    club = w.service("club", log4net, errors=lambda c, e: c.log.error(f"Message rejected: System.Exception: {e}", logger="Bus.Listener"))

    # ---- frontdoor
    @fd.http("ANY *")
    async def front(c, b):
        p = b["_route"].split(" ")[1].split("/")[1]
        be = {"tickets": "tickets", "scan": "gates", "places": "vqueue", "rides": "rides", "photos": "photos"}[p]
        st, a = await c.call(be, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", url=b["_route"], st=st, len=c.rng.randrange(30, 3000), us=int(c.elapsed_ms() * 1000), ip=c.rng.randrange(1000), os=c.rng.choice(["iOS 19.1", "Android 16"]), incoming=True)
        return st, a
    fd.noise(15, lambda log: log.warn("AH01144: No protocol handler was valid for the URL /favicon"))

    # ---- tickets
    @tix.http("POST /tickets")
    async def buy(c, b):
        ctr["ord"] += 1
        o = f"{ctr['ord']}-{b['guest'] % 97:02d}"
        async with c.span("insert order", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"[\"INSERT INTO orders (no, guest, persons) VALUES (?, ?, ?)\" \"{o}\" {b['guest']} {b['persons']}]", logger="tickets.db:18")
        club_call = c.call("club", "POST /discounts", {"guest": b["guest"]})
        async with c.client("cashier", "POST /charges") as k:
            (cs, ca), (st, a) = await asyncio.gather(club_call, k.send({"order": o, "cents": 5900 * b["persons"]}))
            k.log.info(f"charge for order {o} came back {st}", logger="tickets.pay:52")
        if st != 200:
            c.log.warning(f"order {o} failed, not paid", logger="tickets.api:77", incoming=True)
            return 402, {}
        codes = [f"{c.rng.getrandbits(48):012X}" for _ in range(b["persons"])]
        for t in codes: w.tix[t] = {"order": o, "guest": b["guest"], "in": False, "pay": a["pay"]}
        c.log.info(f"order {o} sold: {len(codes)} day tickets to guest {b['guest']}, payment {a['pay']}", logger="tickets.api:84", incoming=True)
        async with c.producer("tickets.sold") as p:
            await p.send({"order": o, "codes": codes, "guest": b["guest"]})
            p.log.debug(f"tickets.sold out for {o}", logger="tickets.bus:12")
        return 201, {"codes": codes}

    @tix.http("POST /tickets/{code}/refund")
    async def refund(c, b):
        t = w.tix[b["_route"].split("/")[2]]
        if t["in"]:
            c.log.info(f"refund of order {t['order']} refused, guest is inside", logger="tickets.api:120", incoming=True)
            return 409, {}
        st, _ = await c.call("cashier", f"POST /charges/{t['pay']}/refund", {"order": t["order"]})
        async with c.span("update order", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"[\"UPDATE orders SET state='refunded' WHERE no=?\" \"{t['order']}\"]", logger="tickets.db:18")
        c.log.info(f"order {t['order']} refunded", logger="tickets.api:131", incoming=True)
        await c.publish("tickets.void", {"order": t["order"], "guest": t["guest"], "codes": [k for k, v in w.tix.items() if v["order"] == t["order"]]})
        return 200, {}
    tix.noise(8, lambda log: log.debug("datasource pool {:active 1, :idle 9}", logger="tickets.db:4"))

    # ---- cashier
    @cash.http("POST /charges")
    async def charge(c, b):
        for n in (1, 2, 3):
            async with c.span("POST acquirer", "CLIENT") as s:
                await s.work(170, 0.45)
                r = c.rng.random()
                if r < 0.07:
                    s.log.warn("acquirer timeout", orderNo=b["order"], attempt=n)
                    continue
                s.log.debug("acquirer answered", code="00" if r < 0.96 else "51")
            break
        else:
            c.log.error("charge abandoned", orderNo=b["order"], incoming=True)
            return 504, {}
        if r >= 0.96:
            c.log.info("charge declined", orderNo=b["order"], incoming=True)
            return 402, {}
        pay = f"pay_{c.rng.getrandbits(50):013x}"
        c.log.info("charged", orderNo=b["order"], paymentId=pay, amount={"value": b["cents"], "currency": "EUR"}, incoming=True)
        return 200, {"pay": pay}

    @cash.http("POST /charges/{pay}/refund")
    async def give_back(c, b):
        async with c.span("POST acquirer/refund", "CLIENT") as s: await s.work(150)
        c.log.info("refunded", paymentId=b["_route"].split("/")[2], orderNo=b["order"], took=round(c.elapsed_ms()), incoming=True)
        return 200, {}
    cash.noise(7, lambda log: log.debug("token still valid", expiresIn=w.rng.randrange(100, 3000)))

    # ---- gates
    @gates.consumer("tickets.sold")
    async def whitelist(c, m):
        await c.work(3)
        known.update(m.body["codes"])
        c.log.info(f"allow {' '.join(m.body['codes'])}", logger="acl.cc:40", incoming=True)

    @gates.consumer("tickets.void")
    async def unlist(c, m):
        known.difference_update(m.body["codes"])
        await c.work(3)
        c.log.info(f"revoke {len(m.body['codes'])} codes of order {m.body['order']}", logger="acl.cc:58", incoming=True)

    @gates.http("POST /scan")
    async def scan(c, b):
        await c.work(1)
        ok = b["code"] in known
        if not ok:
            c.log.warning(f"lane {b['lane']} DENY {b['code']}", logger="lane.cc:133", incoming=True)
            return 403, {}
        w.tix[b["code"]]["in"] = True
        c.log.info(f"lane {b['lane']} OPEN {b['code']}", logger="lane.cc:140", incoming=True)
        async with c.producer("guest.entered") as p:
            await p.send({"code": b["code"], "guest": w.tix[b["code"]]["guest"], "lane": b["lane"]})
            p.log.debug(f"event guest.entered {b['code']}", logger="pub.cc:25")
        return 200, {}
    gates.noise(3, lambda log: log.debug(f"lane {w.rng.randrange(1, 9)} heartbeat", logger="lane.cc:20"))

    # ---- vqueue
    @vq.http("POST /places")
    async def join(c, b):
        ctr["pl"] += 1
        p = f"{b['ride'][0]}{ctr['pl']:04d}"
        async with c.span("redis ZADD", "CLIENT") as s:
            await s.work(1)
            if c.rng.random() < 0.5: s.log.debug(f"ZADD vq:{b['ride']} {p}")
        if len(lines[b["ride"]]) > 40:
            c.log.warning(f"queue of {b['ride']} is full", incoming=True)
            return 429, {}
        w.place[p] = {"id": p, "ride": b["ride"], "guest": b["guest"], "state": "waiting", "ctx": c}
        lines[b["ride"]].append(p)
        c.log.info(f"Place {p} taken, #{len(lines[b['ride']])} in line", guest=b["guest"], ride=b["ride"], incoming=True)
        return 201, {"place": p}

    @vq.http("DELETE /places/{id}")
    async def leave(c, b):
        p = w.place[b["_route"].split("/")[-1]]
        if p["id"] in lines[p["ride"]]: lines[p["ride"]].remove(p["id"])
        await c.work(3)
        c.log.info(f"Place {p['id']} given up", incoming=True)
        return 204, {}

    @vq.http("GET /places/{id}")
    async def wait_time(c, b):
        async with c.span("redis ZRANK", "CLIENT") as s: await s.work(1)
        p = w.place[b["_route"].split("/")[-1]]
        c.log.debug(f"Place {p['id']} is {p['state']}", incoming=True)
        return 200, {"state": p["state"]}

    def ticker(ride):
        async def call_next_group(c):
            take, lines[ride] = lines[ride][:6], lines[ride][6:]
            if not take: return
            c.log.info(f"Calling {len(take)} guests", ride=ride)
            for p in take:
                x = w.place[p]
                x["state"] = "called"
                c.link(x["ctx"])
                async with c.producer("place.called") as pr:
                    m = await pr.send({"place": p, "ride": ride, "guest": x["guest"]})
                    pr.log.debug(f"place.called {p}", mid=m)
        vq.every(5.5)(call_next_group)
    for ride in RIDES: ticker(ride)

    @vq.consumer("ride.down")
    async def closed(c, m):
        ride = m.body["ride"]
        out, lines[ride] = lines[ride], []
        c.log.warning(f"{ride} closed ({m.body['why']}), sending {len(out)} guests away", incident=m.body["inc"], incoming=True)
        for p in out:
            w.place[p]["state"] = "dissolved"
            await c.publish("voucher.due", {"guest": w.place[p]["guest"], "place": p, "inc": m.body["inc"]})

    @vq.consumer("ride.up")
    async def reopened(c, m):
        await c.work(2)
        c.log.info(f"{m.body['ride']} is back", incident=m.body["inc"], incoming=True)
    vq.noise(5, lambda log: log.debug(f"run queue: {w.rng.randrange(4)}"))

    # ---- rides: reader and trains
    @rides.consumer("place.called", retries=1)
    async def expect(c, m):
        p = m.body["place"]
        await c.work(4)
        c.log.info("guest.expected", logger="station", place=p, ride=m.body["ride"], incoming=True)
        if c.rng.random() < 0.1:
            c.log.info("guest.no_show", logger="station", place=p)
            return
        await c.work(700, 0.5)
        async with c.span("reader") as s:
            await s.work(15)
            s.log.info("wristband.read", logger="reader", place=p, guest=m.body["guest"])
        w.place[p]["state"] = "riding"
        riding[m.body["ride"]].append((p, m.body["guest"]))

    def trains(ride):
        async def dispatch_train(c):
            on, riding[ride] = riding[ride], []
            if not on: return
            ctr["tr"] += 1
            n = f"{ride}-{ctr['tr']}"
            c.log.info("train.dispatched", logger="plc", train=n, riders=[p for p, _ in on])
            async with c.span("lap") as s:
                await s.work(900, 0.15)
                if c.rng.random() < 0.5: s.log.debug("block.cleared", logger="plc", train=n, block=4)
            async with c.client("photos", "POST /shots") as k:
                st, a = await k.send({"train": n, "riders": on})
                k.log.debug("camera.triggered", logger="plc", train=n, status=st)
            c.log.info("train.home", logger="plc", train=n, secs=round(c.elapsed_ms() / 1000, 2))
            for p, g in on: w.place[p]["state"] = "done"
            async with c.producer("ride.done") as p:
                await p.send({"train": n, "guests": [g for _, g in on]})
        rides.every(4)(dispatch_train)
    for ride in RIDES: trains(ride)

    @rides.http("POST /rides/{ride}/stop")
    async def stop(c, b):
        ride = b["_route"].split("/")[2]
        inc = f"INC{c.rng.randrange(10 ** 5):05d}"
        c.log.error("ride.stopped", logger="ops", ride=ride, reason=b["why"], incident=inc, incoming=True)
        await c.publish("ride.down", {"ride": ride, "why": b["why"], "inc": inc})
        async def again():
            async with c.span("repair") as s:
                await s.work(3000)
                s.log.info("repair.finished", logger="ops", incident=inc)
            async with c.producer("ride.up") as p:
                p.log.info("ride.reopening", logger="ops", ride=ride)
                await p.send({"ride": ride, "inc": inc})
        c.spawn(again())
        return 202, {}
    rides.noise(3, lambda log: log.debug("sensor.poll", logger="plc", brake=w.rng.randrange(1, 9), bar=round(5 + w.rng.random(), 2)))

    # ---- push
    async def send(c, guest, text):
        async with c.span("POST fcm", "CLIENT") as s:
            await s.work(60, 0.5)
            if c.rng.random() < 0.06:
                s.log.warn(f"fcm 429 for guest ${guest}, once more".replace("$", ""), logger="fcm")
                await s.work(200)
            s.log.info(f"to {guest}: {text}", logger="fcm")

    @push.consumer("place.called")
    async def your_turn(c, m):
        c.log.debug(f"job {m.id} your-turn", logger="bus", incoming=True)
        await send(c, m.body["guest"], f"please come to {RIDES[m.body['ride']]}, place {m.body['place']}")

    @push.consumer("tickets.sold", retries=2)
    async def mail_tickets(c, m):
        if c.rng.random() < 0.05 and m.attempt < 3:
            c.log.error(f"template not rendered for order {m.body['order']} (attempt {m.attempt})", logger="mail", incoming=True)
            raise Exception("template")
        async with c.span("render pdf") as s:
            await s.work(90)
            s.log.debug(f"pdf for {m.body['order']} took {s.elapsed_ms():.0f}ms", logger="pdf")
        async with c.span("smtp", "CLIENT") as s:
            await s.work(40)
            s.log.info(f"order {m.body['order']}: {len(m.body['codes'])} tickets mailed", logger="mail")

    @push.consumer("voucher.issued")
    async def sorry(c, m):
        await send(c, m.body["guest"], f"sorry! voucher {m.body['v']} is yours")

    @push.consumer("photo.ready")
    async def look(c, m):
        c.log.debug(f"job {m.id} photo", logger="bus", incoming=True)
        await send(c, m.body["guest"], f"see your photo {m.body['pic']}")
    push.noise(6, lambda log: log.info("0 stalled jobs", logger="bull"))

    # ---- photos
    @pho.http("POST /shots")
    async def shot(c, b):
        async with c.span("camera grab", "CLIENT") as s: await s.work(60)
        c.log.info("Shot taken", logger="Camera", train=b["train"], seats=len(b["riders"]), dur=c.elapsed_ms(), incoming=True)
        await c.publish("shot.raw", b)
        return 202, {}

    @pho.consumer("shot.raw", concurrency=2)
    async def cut(c, m):
        for i, (p, g) in enumerate(m.body["riders"]):
            pic = f"{m.body['train']}/{i + 1}"
            async with c.span("crop") as s:
                await s.work(45)
                s.log.debug("Cropped", logger="PhotoJob", pic=pic, place=p)
            await c.publish("photo.ready", {"pic": pic, "guest": g})
        c.log.info("Completed #perform", logger="PhotoJob", train=m.body["train"], dur=c.elapsed_ms())

    @pho.http("POST /photos/{train}/{n}/buy")
    async def buy_pic(c, b):
        pic = "/".join(b["_route"].split("/")[2:4])
        st, a = await c.call("cashier", "POST /charges", {"order": "PH-" + pic.replace("/", "-"), "cents": 1490})
        c.log.info("Photo sold" if st == 200 else "Photo not paid", logger="Shop", pic=pic, payment=a.get("pay"), dur=c.elapsed_ms(), incoming=True)
        return st, {}
    pho.noise(7, lambda log: log.debug("Disk", logger="Janitor", free_gb=w.rng.randrange(50, 90)))

    # ---- club
    @club.http("POST /discounts")
    async def discount(c, b):
        async with c.span("sp_GetTier", "CLIENT") as s:
            await s.work(12)
            s.log.debug(f"exec sp_GetTier @guest={b['guest']}", logger="Data.Sql")
        return 200, {}

    @club.consumer("tickets.sold")
    async def points(c, m):
        c.log.info(f"{10 * len(m.body['codes'])} points for member {m.body['guest']} (order {m.body['order']})", logger="Points.Handler", incoming=True)
        async with c.span("sp_AddPoints", "CLIENT") as s: await s.work(10)

    @club.consumer("guest.entered")
    async def visit(c, m):
        await c.work(6)
        c.log.debug(f"visit of member {m.body['guest']}", logger="Visits.Handler", incoming=True)

    @club.consumer("ride.done")
    async def rode(c, m):
        async with c.span("sp_CountRide", "CLIENT") as s:
            await s.work(8)
            s.log.debug(f"exec sp_CountRide @train='{m.body['train']}', @n={len(m.body['guests'])}", logger="Data.Sql")

    @club.consumer("voucher.due", retries=2)
    async def voucher(c, m):
        ctr["v"] += 1
        v = f"V-{ctr['v']}"
        async with c.span("sp_IssueVoucher", "CLIENT") as s:
            await s.work(9)
            s.log.debug(f"exec sp_IssueVoucher @guest={m.body['guest']}, @no='{v}'", logger="Data.Sql")
        c.log.info(f"Voucher {v} for member {m.body['guest']}, place {m.body['place']}, incident {m.body['inc']}", logger="Vouchers.Handler", incoming=True)
        async with c.producer("voucher.issued") as p:
            await p.send({"v": v, "guest": m.body["guest"]})
            p.log.debug(f"voucher.issued {v}", logger="Bus.Sender")
    club.noise(8, lambda log: log.info("Cache of tiers refreshed", logger="Tiers.Cache"))


async def load(w):
    r = w.rng

    async def guest(i):
        g = r.randrange(200000, 900000)
        st, a = await w.start("frontdoor", "POST /tickets", {"guest": g, "persons": r.choice([1, 1, 2, 3, 4])})
        if st != 201: return
        await sleep(r.uniform(200, 1500))
        if i % 11 == 4:
            await w.start("frontdoor", f"POST /tickets/{a['codes'][0]}/refund")
            return
        st, _ = await w.start("frontdoor", "POST /scan", {"code": a["codes"][0], "lane": r.randrange(1, 9)})
        if st != 200: return
        await sleep(r.uniform(100, 1200))
        st, p = await w.start("frontdoor", "POST /places", {"guest": g, "ride": r.choice(list(RIDES))})
        if st != 201: return
        if i % 3 == 0:
            await sleep(r.uniform(300, 1500))
            await w.start("frontdoor", f"GET /places/{p['place']}")
        if i % 13 == 6: await w.start("frontdoor", f"DELETE /places/{p['place']}")
        if i % 17 == 9: await w.start("frontdoor", f"POST /rides/{w.place[p['place']]['ride']}/stop", {"why": r.choice(["block brake", "lap bar", "lightning"])})
        if i % 7 == 2:
            await sleep(r.uniform(2000, 5000))
            await w.start("frontdoor", f"POST /photos/{r.choice(list(RIDES))}-{r.randrange(500, 520)}/{r.randrange(1, 5)}/buy")
    await arrivals(w, 60, 2.5, guest)
    await sleep(7000)

record(build, load, "q_park")
