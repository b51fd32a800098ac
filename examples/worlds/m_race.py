"""A city marathon: runners enter and pay with a webhook from the payment provider, get a bib and a start wave; on the day mats read chips in
bursts, an engine makes splits of them, a leaderboard and the followers' phones are told, finishers get a certificate, juries correct times."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)

def morgan(r):        # site: Express, morgan 'combined' plus console.log lines
    ids = f" trace={r.trace_id} span={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" tp={r.incoming}"
    f = r.fields
    if "url" in f: return f"::ffff:10.4.0.{f['ip']} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['verb']} {f['url']} HTTP/1.1\" {f['st']} {f['size']} \"https://run.test/\" \"Mozilla/5.0\"{ids}"
    return f"{isoz(r)} {r.message}{ids}"

def boot(r):          # entries: Spring Boot, JSON structured logging (ECS)
    d = {"@timestamp": isoz(r, 6), "log": {"level": r.level, "logger": r.logger}, "process": {"pid": r.pid, "thread": {"name": r.thread if isinstance(r.thread, str) else f"http-nio-8080-exec-{r.thread}"}}, "service": {"name": "entries"}, "message": r.message}
    if "stack" in r.fields: d["error"] = {"type": "java.lang.RuntimeException", "stack_trace": r.fields["stack"]}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: d["parentId"] = r.incoming_parent
    return json.dumps(d | {"ecs": {"version": "8.11"}}, separators=(",", ":"))

def gin(r):           # pay: gin's access log beside the standard log package
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    f = r.fields
    if "path" in f: return f"[GIN] {r.time:%Y/%m/%d - %H:%M:%S} | {f['st']} | {f['dur']:>13} | {f['ip']:>15} | {f['verb']:<8} \"{f['path']}\"{ids}"
    return f"{r.time:%Y/%m/%d %H:%M:%S}.{r.time.microsecond:06d} {r.logger}: {r.message}{ids}"

def django(r):        # bibs: Django + gunicorn, dictConfig 'simple'
    ids = f" trace={r.trace_id or '-'} span={r.span_id or '-'}"
    if r.incoming: ids += f" from={r.incoming}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{ms(r)}] [{r.level.replace('WARN', 'WARNING')}] [{r.logger}]{ids} {r.message}"

def zapdev(r):        # mats: zap development console, tabs
    f = dict(r.fields)
    if r.trace_id: f |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: f["parent_span_id"] = r.incoming_parent
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{ms(r)}Z\t{r.level}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(f) if f else "")

def tracing(r):       # engine: Rust tracing-subscriber, fields first then span list
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent_span={r.incoming_parent}"
    return f"{isoz(r, 6)} {r.level:>5} ThreadId({(r.thread if isinstance(r.thread, int) else 1):02d}) {r.logger}: {r.message}{f}{ids}"

def dotnetjson(r):    # board: .NET AddJsonConsole
    lv = {"DEBUG": "Debug", "INFO": "Information", "WARN": "Warning", "ERROR": "Error"}[r.level]
    d = {"Timestamp": isoz(r, 7), "EventId": r.fields.get("_e", 0), "LogLevel": lv, "Category": r.logger, "Message": r.message}
    state = {k: v for k, v in r.fields.items() if k[0] != "_"}
    d["State"] = {"Message": r.message} | state
    sc = []
    if r.trace_id:
        s = {"Message": f"SpanId:{r.span_id}, TraceId:{r.trace_id}", "SpanId": r.span_id, "TraceId": r.trace_id}
        if r.incoming_parent: s["ParentId"] = r.incoming_parent
        sc.append(s)
    return json.dumps(d | {"Scopes": sc}, separators=(",", ":"))

def nest(r):          # live: NestJS default
    lv = {"INFO": "LOG"}.get(r.level, r.level)
    ids = f" [{r.trace_id},{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [<-{r.incoming_parent}]"
    plus = f" +{r.fields['plus']}ms" if "plus" in r.fields else ""
    return f"[Nest] {r.pid}  - {r.time:%m/%d/%Y, %I:%M:%S %p} {lv:>7} [{r.logger}]{ids} {r.message}{plus}"

def monolog(r):       # certs: Symfony, Monolog line format
    x = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else []
    if r.incoming: x["traceparent"] = r.incoming
    return f"[{isoz(r, 6)[:-1]}+00:00] {r.logger}.{r.level.replace('WARN', 'WARNING')}: {r.message} {json.dumps(r.fields or [])} {json.dumps(x)}"


def build(w):
    w.network_ms, w.broker_ms = 1.3, 7
    w.runners, w.entries, w.finished = {}, {}, []
    n = {"entry": 100340, "bib": 2000, "off": 4410, "batch": 0, "pass": 0}

    site = w.service("site", morgan)
    ent = w.service("entries", boot, errors=lambda c, e: c.log.error("Retries exhausted", logger="run.entries.amqp.RecoverHandler", thread="entries-listener-1", stack=f"java.lang.RuntimeException: {e}\n\tat run.entries.amqp.Listeners.handle(Listeners.java:44)"))
    pay = w.service("pay", gin, errors=lambda c, e: c.log.error(f"ERR {e}", logger="consumer.go:61"))
    bibs = w.service("bibs", django, errors=lambda c, e: c.log.error(f"Traceback (most recent call last):\n  File \"/srv/bibs/worker.py\", line 33, in run\n    handler(body)\nException: {e}", logger="bibs.worker"))
    mats = w.service("mats", zapdev, errors=lambda c, e: c.log.error("subscription handler", logger="bus/nats.go:90", error=str(e)))
    eng = w.service("engine", tracing, errors=lambda c, e: c.log.error("worker error", logger="engine::worker", error=str(e)))
    board = w.service("board", dotnetjson, errors=lambda c, e: c.log.error(f"Consumer threw: {e}", logger="Board.Bus.Pump"))
    live = w.service("live", nest, errors=lambda c, e: c.log.error(f"Error: {e}\n    at LiveController.handle (/app/dist/live.controller.js:52:19)", logger="ExceptionsHandler"))
    certs = w.service("certs", monolog, errors=lambda c, e: c.log.error(f"Error thrown while handling message: \"{e}\"", logger="messenger"))

    # ------------------------------------------------------------ site (Express)
    def access(c, b, st):
        verb, url = b["_route"].split(" ")
        c.log.info("", verb=verb, url=url, st=st, ip=c.rng.randrange(2, 250), size=c.rng.randrange(20, 800), incoming=True)

    @site.http("POST /entries")
    async def enter(c, b):
        async with c.client("entries", "POST /v1/entries") as k:
            st, a = await k.send({k: b[k] for k in ("name", "race", "wish")})
            if st >= 400: k.log.warning(f"entries said {st}: {a.get('detail')}")
        access(c, b, st)
        return st, a

    @site.http("POST /hooks/psp")
    async def psp_hook(c, b):
        st, a = await c.call("pay", "POST /webhook", {"payment": b["payment"], "event": b["event"]})
        access(c, b, st)
        return st, a

    @site.http("GET /entries/{id}")
    async def status(c, b):
        st, a = await c.call("entries", f"GET /v1/entries/{b['_route'].split('/')[-1]}", client_span=False)
        access(c, b, st)
        return st, a

    @site.http("POST /follow")
    async def follow(c, b):
        async with c.client("live", "POST /followers") as k:
            st, a = await k.send({"bib": b["bib"], "device": b["device"]})
        access(c, b, st)
        return st, a

    @site.http("POST /entries/{id}/withdraw")
    async def withdraw(c, b):
        eid = b["_route"].split("/")[2]
        async with c.client("entries", f"POST /v1/entries/{eid}/withdraw") as k:
            st, a = await k.send({})
            k.log.info(f"withdraw {eid} -> {st}")
        access(c, b, st)
        return st, a
    site.noise(4, lambda log: log.info("", verb="GET", url="/healthz", st=200, ip=1, size=2))

    # ------------------------------------------------------------ entries (Spring Boot)
    E, LT = "run.entries.", "entries-listener-1"

    @ent.http("POST /v1/entries")
    async def new(c, b):
        async with c.span("SELECT quota", "CLIENT") as s:
            s.log.debug("select q1_0.race,q1_0.left from quota q1_0 where q1_0.race=? for update", logger="org.hibernate.SQL")
            await s.work(4)
        if c.rng.random() < 0.04:
            c.log.warning(f"Race {b['race']} is full, put {b['name']} on the waiting list", logger=E + "EntryService", incoming=True)
            return 409, {"detail": "full"}
        n["entry"] += 1
        eid = f"E{n['entry']}"
        w.entries[eid] = {"entry": eid, "name": b["name"], "race": b["race"], "wish": b["wish"], "state": "PENDING"}
        async with c.span("INSERT entry", "CLIENT") as s:
            s.log.debug("insert into entry (name,race,state,wish,id) values (?,?,?,?,?)", logger="org.hibernate.SQL")
            await s.work(5)
        async with c.client("pay", "POST /payments") as k:
            st, p = await k.send({"ref": eid, "amount": {"M": 95, "H": 60, "10K": 35}[b["race"]]})
            k.log.debug(f"POST http://pay:8081/payments -> {st} CREATED, payment {p['payment']}", logger=E + "PayClient")
        c.log.info(f"Entry {eid} for {b['race']} awaits payment {p['payment']}", logger=E + "EntryService", incoming=True)
        return 201, {"entry": eid, "payment": p["payment"]}

    @ent.consumer("payment.settled", retries=3, retry_ms=200)
    async def settled(c, m):
        e = w.entries[m.body["ref"]]
        if c.rng.random() < 0.05 and m.attempt < 3:
            c.log.warning(f"Could not acquire lock on {e['entry']} (attempt {m.attempt})", logger=E + "amqp.PaymentListener", thread=LT)
            raise Exception("lock")
        async with c.span("UPDATE entry", "CLIENT") as s:
            s.log.debug("update entry set state=?,paid_at=? where id=?", logger="org.hibernate.SQL", thread=LT)
            await s.work(4)
        e["state"] = "PAID"
        c.log.info(f"Entry {e['entry']} paid", logger=E + "amqp.PaymentListener", thread=LT, incoming=True)
        async with c.producer("entry.confirmed") as p:
            await p.send(dict(e))

    @ent.consumer("payment.failed")
    async def failed(c, m):
        e = w.entries[m.body["ref"]]
        async with c.span("UPDATE entry", "CLIENT") as s:
            s.log.debug("update entry set state=? where id=?", logger="org.hibernate.SQL", thread=LT)
            await s.work(4)
        e["state"] = "EXPIRED"
        c.log.warning(f"Payment for {e['entry']} failed, place given back", logger=E + "amqp.PaymentListener", thread=LT, incoming=True)
        await c.publish("entry.expired", dict(e))

    @ent.consumer("bib.assigned")
    async def got_bib(c, m):
        async with c.span("UPDATE entry", "CLIENT") as s:
            s.log.debug("update entry set bib=?,wave=? where id=?", logger="org.hibernate.SQL", thread=LT)
            await s.work(3)

    @ent.http("GET /v1/entries/{id}")
    async def get(c, b):
        async with c.span("SELECT entry", "CLIENT") as s:
            s.log.debug("select e1_0.id,e1_0.bib,e1_0.name,e1_0.state from entry e1_0 where e1_0.id=?", logger="org.hibernate.SQL")
            await s.work(2)
        return 200, {}

    @ent.http("POST /v1/entries/{id}/withdraw")
    async def out(c, b):
        eid = b["_route"].split("/")[3]
        e = w.entries[eid]
        if e["state"] != "PAID":
            c.log.info(f"{eid} is {e['state']}, nothing to withdraw", logger=E + "EntryService", incoming=True)
            return 409, {}
        e["state"] = "WITHDRAWN"
        c.log.info(f"Entry {eid} withdrawn by runner", logger=E + "EntryService", incoming=True)
        async with c.producer("entry.withdrawn") as p:
            await p.send(dict(e))
            p.log.debug(f"Published entry.withdrawn for {eid}", logger=E + "amqp.Publisher")
        return 200, {}
    ent.noise(6, lambda log: log.debug("EntryPool - Pool stats (total=8, active=1, idle=7, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="EntryPool housekeeper"))

    # ------------------------------------------------------------ pay (gin)
    paid = {}

    def gin_done(c, b, st):
        verb, path = b["_route"].split(" ")
        c.log.info("", st=st, dur=f"{c.elapsed_ms():.6f}ms", ip=f"10.4.1.{c.rng.randrange(2, 30)}", verb=verb, path=path, incoming=True)

    @pay.http("POST /payments")
    async def create(c, b):
        p = f"pm_{c.rng.getrandbits(44):011x}"
        paid[p] = b["ref"]
        async with c.span("POST psp.test/sessions", "CLIENT") as s:
            await s.work(130)
            s.log.info(f"psp session for {b['ref']} ({b['amount']}.00 EUR) = {p}", logger="psp.go:48")
        gin_done(c, b, 201)
        return 201, {"payment": p}

    @pay.http("POST /webhook")
    async def webhook(c, b):
        ref = paid[b["payment"]]
        async with c.span("UPDATE payments", "CLIENT") as s:
            await s.work(3)
        topic = "payment.settled" if b["event"] == "succeeded" else "payment.failed"
        c.log.info(f"webhook {b['payment']} {b['event']}", logger="hooks.go:29")
        async with c.producer(topic) as p:
            x = await p.send({"ref": ref, "payment": b["payment"]})
            p.log.info(f"sent {topic} id={x}", logger="amqp.go:77")
        gin_done(c, b, 204)
        return 204, {}

    @pay.consumer("entry.withdrawn", retries=2, retry_ms=900)
    async def refund(c, m):
        async with c.span("POST psp.test/refunds", "CLIENT") as s:
            await s.work(210)
            bad = c.rng.random() < 0.15
            s.log.info(f"refund {m.body['entry']}: {'502 Bad Gateway' if bad else 'ok'}", logger="psp.go:92")
        if bad:
            if m.attempt == 3: c.log.error(f"refund {m.body['entry']} to be done by hand", logger="refund.go:40")
            raise Exception("psp")
        await c.publish("refund.done", {"entry": m.body["entry"]})
    pay.noise(5, lambda log: log.info("", st=200, dur="31.022µs", ip="10.4.1.1", verb="GET", path="/ping"))

    # ------------------------------------------------------------ bibs (Django)
    @bibs.consumer("entry.confirmed", retries=1)
    async def assign(c, m):
        e = m.body
        c.log.info(f"entry {e['entry']} ({e['race']}), looking for a wave near {e['wish']} min", logger="bibs.worker", incoming=True)
        async with c.span("SELECT waves", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"({s.elapsed_ms() / 1000:.3f}) SELECT \"waves\".\"id\" FROM \"waves\" WHERE \"waves\".\"pace\" <= {e['wish']} ORDER BY 1 LIMIT 1; args=({e['wish']},)", logger="django.db.backends")
        n["bib"] += 1
        bib, chip = n["bib"], f"{c.rng.getrandbits(28):07X}"
        async with c.span("INSERT bib", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"({s.elapsed_ms() / 1000:.3f}) INSERT INTO \"bibs\" (\"number\", \"chip\", \"entry\") VALUES ({bib}, '{chip}', '{e['entry']}')", logger="django.db.backends")
        w.runners[chip] = {"bib": bib, "chip": chip, "entry": e["entry"], "race": e["race"], "name": e["name"]}
        c.log.info(f"bib {bib} wave {'ABCD'[e['wish'] % 4]}", logger="bibs.worker")
        await c.publish("bib.assigned", dict(w.runners[chip]))

    @bibs.consumer("entry.withdrawn")
    async def free(c, m):
        await c.work(4)
        c.log.info(f"bib of {m.body['entry']} blocked", logger="bibs.worker", incoming=True)

    @bibs.http("GET /chips/{chip}")
    async def chip(c, b):
        ch = b["_route"].split("/")[-1]
        async with c.span("SELECT bib", "CLIENT") as s:
            await s.work(2)
        c.log.info(f'10.4.2.8 "GET /chips/{ch} HTTP/1.1" 200 {c.elapsed_ms():.0f}ms', logger="gunicorn.access", incoming=True)
        return 200, w.runners[ch]
    bibs.noise(6, lambda log: log.debug("worker heartbeat (pid 14)", logger="gunicorn.error"))

    # ------------------------------------------------------------ mats (Go): bursts of chip reads
    @mats.http("POST /mats/{mat}/reads")
    async def reads(c, b):
        mat = b["_route"].split("/")[2]
        n["batch"] += 1
        bt = n["batch"]
        c.log.info("batch received", logger="ingest/http.go:57", mat=mat, batch=bt, reads=len(b["reads"]), incoming=True)
        async with c.span("dedupe") as s:
            await s.work(3)
            dup = sum(1 for x in b["reads"] if c.rng.random() < 0.1)
            if dup: s.log.debug("dropped duplicates", logger="ingest/dedupe.go:31", batch=bt, dropped=dup)
        for chip, at in b["reads"]:
            n["pass"] += 1
            async with c.producer("chip.read") as p:
                await p.send({"chip": chip, "mat": mat, "at": at, "seq": n["pass"], "batch": bt})
                p.log.debug("published read", logger="bus/nats.go:44", chip=chip, mat=mat, seq=n["pass"])
        if c.rng.random() < 0.5: c.log.info("batch done", logger="ingest/http.go:83", batch=bt, took=f"{c.elapsed_ms():.1f}ms")
        return 202, {}
    mats.noise(3, lambda log: log.debug("mat alive", logger="ingest/ping.go:12", mat=w.rng.choice(["5K", "HM", "FIN"]), volts=round(w.rng.uniform(11.8, 12.6), 1)))

    # ------------------------------------------------------------ engine (Rust)
    known = {}

    @eng.consumer("chip.read", retries=2, retry_ms=150)
    async def split(c, m):
        ch, mat = m.body["chip"], m.body["mat"]
        if ch not in known:
            async with c.client("bibs", f"GET /chips/{ch}") as k:
                _, known[ch] = await k.send({})
                k.log.debug("chip resolved", logger="engine::chips", chip=ch, bib=known[ch]["bib"])
        bib = known[ch]["bib"]
        async with c.span("redis XADD", "CLIENT") as s:
            await s.work(1.5)
            if c.rng.random() < 0.03 and m.attempt < 3:
                s.log.warning("redis MOVED, retry", logger="engine::store", slot=c.rng.randrange(16384))
                raise Exception("moved")
        c.log.info("split", logger="engine::splits", bib=bib, mat=mat, net_s=m.body["at"], seq=m.body["seq"], elapsed_us=int(c.elapsed_ms() * 1000), incoming=True)
        body = dict(known[ch], mat=mat, time=m.body["at"])
        async with c.producer("split.made") as p:
            await p.send(body)
        if mat == "FIN":
            async with c.producer("runner.finished") as p:
                await p.send(body)
                p.log.info("finisher", logger="engine::finish", bib=bib, entry=body["entry"])

    @eng.http("POST /corrections")
    async def correct(c, b):
        async with c.span("redis HSET", "CLIENT") as s:
            await s.work(1)
        c.log.info("time corrected", logger="engine::jury", bib=b["bib"], from_s=b["old"], to_s=b["new"], incoming=True)
        async with c.producer("split.made") as p:
            await p.send({"bib": b["bib"], "mat": "FIN", "time": b["new"], "race": b["race"], "entry": b["entry"], "name": b["name"], "chip": b["chip"]})
            p.log.debug("republished", logger="engine::jury", bib=b["bib"])
        return 200, {}
    eng.noise(4, lambda log: log.debug("flush", logger="engine::store", pending=w.rng.randrange(5)))

    # ------------------------------------------------------------ board (.NET)
    @board.consumer("split.made", concurrency=8)
    async def rank(c, m):
        b = m.body
        async with c.span("SELECT rank", "CLIENT") as s:
            await s.work(3)
            s.log.info(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) [Parameters=[@p0='?'], CommandType='Text', CommandTimeout='30']\nMERGE INTO splits ...".replace("\n", " "), logger="Microsoft.EntityFrameworkCore.Database.Command", _e=20101, elapsed=f"{s.elapsed_ms():.0f}")
        r = c.rng.randrange(1, 400)
        c.log.info(f"Bib {b['bib']} is #{r} at {b['mat']}", logger="Board.RankingHandler", Bib=b["bib"], Rank=r, Mat=b["mat"], incoming=True)
        async with c.producer("rank.changed") as p:
            await p.send({"bib": b["bib"], "rank": r, "mat": b["mat"], "time": b["time"]})
            if r < 250: p.log.debug(f"Published RankChanged {b['bib']}/{b['mat']}", logger="Board.Bus.Publisher")

    @board.http("POST /jury/{bib}")
    async def jury(c, b):
        path = b["_route"].split(" ")[1]
        c.log.info(f"Request starting HTTP/1.1 POST http://board{path} - application/json -", logger="Microsoft.AspNetCore.Hosting.Diagnostics", _e=1, Path=path, incoming=True)
        async with c.client("engine", "POST /corrections") as k:
            k.log.info("Sending HTTP request POST http://engine/corrections", logger="System.Net.Http.HttpClient.Engine.ClientHandler", _e=100)
            st, a = await k.send({x: v for x, v in b.items() if x[0] != "_"})
            k.log.info(f"Received HTTP response headers after {k.elapsed_ms():.4f}ms - {st}", logger="System.Net.Http.HttpClient.Engine.ClientHandler", _e=101)
        c.log.info(f"Request finished HTTP/1.1 POST http://board{path} - {st} - {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", _e=2, Path=path)
        return st, a

    @board.every(6)
    async def publish_top_ten(c):
        async with c.span("SELECT top ten", "CLIENT") as s:
            await s.work(6)
        c.log.info("Top ten refreshed", logger="Board.TopTenJob")
        await c.publish("board.snapshot", {"id": f"snap-{c.rng.randrange(10 ** 6):06d}"})
    board.noise(5, lambda log: log.debug("Connection id \"0HN7\" keep alive", logger="Microsoft.AspNetCore.Server.Kestrel.Connections", _e=39))

    # ------------------------------------------------------------ live (NestJS)
    followers = {}

    @live.http("POST /followers")
    async def add(c, b):
        followers.setdefault(b["bib"], []).append(b["device"])
        async with c.span("mongo.followers.insertOne", "CLIENT") as s:
            await s.work(4)
        c.log.info(f"{b['device']} follows {b['bib']}", logger="FollowersController", plus=c.rng.randrange(900), incoming=True)
        return 201, {}

    @live.consumer("rank.changed")
    async def push(c, m):
        d = followers.get(m.body["bib"], [])
        if not d:
            if c.rng.random() < 0.5: c.log.debug(f"bib {m.body['bib']}: nobody follows", logger="LiveGateway", incoming=True)
            return
        c.log.info(f"bib {m.body['bib']} {m.body['mat']} #{m.body['rank']} to {len(d)} follower(s)", logger="LiveGateway", plus=c.rng.randrange(900), incoming=True)

        async def one(dev):
            async with c.span("POST fcm.test/send", "CLIENT") as s:
                await s.work(95)
                if c.rng.random() < 0.08: s.log.error(f"FCM NotRegistered {dev}", logger="PushService")
                else: s.log.debug(f"pushed to {dev}", logger="PushService")
        await asyncio.gather(*(one(x) for x in d))

    @live.consumer("board.snapshot")
    async def snap(c, m):
        await c.work(2)
        c.log.debug(f"broadcast {m.body['id']} to {c.rng.randrange(20, 90)} sockets", logger="LiveGateway", incoming=True)
    live.noise(4, lambda log: log.debug(f"ws clients: {w.rng.randrange(20, 90)}", logger="LiveGateway"))

    # ------------------------------------------------------------ certs (Symfony): certificates and all mail
    def msg(c, m, cls):
        c.log.info(f"Received message App\\Message\\{cls}", logger="messenger", **{"class": f"App\\Message\\{cls}"}, incoming=True)

    @certs.consumer("runner.finished", concurrency=3)
    async def certificate(c, m):
        msg(c, m, "RunnerFinished")
        async with c.span("render certificate") as s:
            await s.work(240)
            s.log.debug("Certificate rendered", logger="app", bib=m.body["bib"], ms=int(s.elapsed_ms()))
        async with c.span("PUT s3.test/certs", "CLIENT") as s:
            await s.work(60)
            s.log.info(f"Response: \"200 https://s3.test/certs/{m.body['entry']}.pdf\"", logger="http_client")
        async with c.producer("mail.queued") as p:
            await p.send({"tpl": "finisher", "entry": m.body["entry"]})
        c.log.info("Message App\\Message\\RunnerFinished handled by App\\Handler\\CertificateHandler::__invoke", logger="messenger", entry=m.body["entry"])

    def then_mail(topic, cls, tpl):
        @certs.consumer(topic)
        async def f(c, m):
            msg(c, m, cls)
            async with c.producer("mail.queued") as p:
                await p.send({"tpl": tpl, "entry": m.body["entry"]})
                p.log.debug("Sending message App\\Message\\SendMail with async sender", logger="messenger", tpl=tpl, entry=m.body["entry"])
    then_mail("bib.assigned", "BibAssigned", "your-bib")
    then_mail("entry.expired", "EntryExpired", "payment-failed")
    then_mail("refund.done", "RefundDone", "refund")

    @certs.consumer("mail.queued")
    async def mail(c, m):
        await c.work(70)
        c.log.info("Mail sent", logger="mailer", tpl=m.body["tpl"], to=m.body["entry"], incoming=True)
    certs.noise(6, lambda log: log.debug("Worker idle", logger="messenger"))


async def load(w):
    r = w.rng

    async def runner(i):
        st, a = await w.start("site", "POST /entries", {"name": "r%04d" % r.randrange(9999), "race": r.choice(["M", "H", "10K"]), "wish": r.randrange(170, 300)})
        if st != 201: return
        await sleep(r.uniform(600, 2500))
        await w.start("site", "POST /hooks/psp", {"payment": a["payment"], "event": "failed" if r.random() < 0.08 else "succeeded"})
        await sleep(r.uniform(800, 2500))
        if i % 9 == 4: await w.start("site", f"POST /entries/{a['entry']}/withdraw")
        elif i % 5 == 0: await w.start("site", f"GET /entries/{a['entry']}")

    async def day():
        mats = ["5K", "HM", "35K", "FIN"]
        at, out = {}, set()
        while len(out) < 28:
            await sleep(r.uniform(350, 1100))
            here = [ch for ch in w.runners if at.get(ch, 0) < 4]
            if not here: continue
            m = at.get(r.choice(here), 0)
            some = [ch for ch in here if at.get(ch, 0) == m][:r.randrange(1, 4)]
            for ch in some:
                at[ch] = m + 1
                if m == 3: out.add(ch)
            if r.random() < 0.3:
                await w.start("site", "POST /follow", {"bib": w.runners[some[0]]["bib"], "device": f"dev-{r.getrandbits(32):08x}"})
            await w.start("mats", f"POST /mats/{mats[m]}/reads", {"reads": [(ch, round(1500 * (m + 1) + r.uniform(0, 900), 1)) for ch in some]})
            if m == 3 and r.random() < 0.4:
                x = w.runners[some[0]]
                await sleep(r.uniform(700, 2000))
                await w.start("board", f"POST /jury/{x['bib']}", {"bib": x["bib"], "old": 7000.1, "new": 6990.4, "race": x["race"], "entry": x["entry"], "name": x["name"], "chip": x["chip"]})
            if w.ns() - w.base > 95 * NS: break

    d = w.loop.create_task(day())
    await arrivals(w, 47, 1.5, runner)
    await d
    await sleep(5000)

record(build, load, "m_race")
