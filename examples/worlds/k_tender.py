"""Public procurement: notices go to the official journal and are polled until printed, bidders hand in sealed offers of several documents
(scanned one by one, joined, sealed), offers are opened at the deadline by a job, scored on three criteria and joined again, award letters follow."""
import json
from world import *


def milli(r): return "%03d" % (r.time.microsecond // 1000)

def nginx(r):         # gate: combined log with request time in ms and two ids at the end
    if "req" not in r.fields: return f"{r.time:%Y/%m/%d %H:%M:%S} [{'warn' if r.level == 'WARN' else 'notice'}] {r.pid}#0: {r.message}"
    f = r.fields
    ids = f'trace="{r.trace_id}" span="{r.span_id}"' if r.trace_id else 'trace="-" span="-"'
    if r.incoming: ids += f' tp="{r.incoming}"'
    return f'{f["ip"]} - {f["user"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/2.0" {f["st"]} {f["size"]} "-" "Mozilla/5.0" rt={f["rt"]:.3f} {ids}'

def django(r):        # notices
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent={r.incoming_parent}"
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{milli(r)} {r.logger} {r.pid} {140100 + r.thread} {r.message}{ids}"

def boot(r):          # offers: Spring Boot 3
    ids = f"[offers,{r.trace_id},{r.span_id}] " if r.trace_id else "[offers,,] "
    if r.incoming_parent: ids = ids[:-2] + f",{r.incoming_parent}] "
    out = f"{isoz(r)} {r.level:>5} {r.pid} --- [{r.thread:>15}] {ids}{r.logger:<40} : {r.message}"
    return out

def rustjson(r):      # vault: tracing-subscriber json
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message} | r.fields, "target": "vault::" + r.logger}
    if r.trace_id:
        d["span"] = {"name": "rpc", "trace_id": r.trace_id, "span_id": r.span_id}
        if r.incoming_parent: d["span"]["parent"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def bsdsyslog(r):     # avscan: classic syslog, whole seconds
    ids = f" t={r.trace_id} s={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" p={r.incoming_parent}"
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} av-3 avscan[{r.pid}]: {r.message}{ids}"

def gokit(r):         # ledger
    q = lambda v: json.dumps(v) if isinstance(v, str) and any(x in v for x in ' ="') else v
    f = {"ts": isoz(r, 9), "caller": r.logger, "level": r.level.lower(), "msg": r.message} | r.fields
    if r.trace_id: f |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: f["remote"] = r.incoming
    return " ".join(f"{k}={q(v)}" for k, v in f.items())

def semantic(r):      # scoring: Ruby's SemanticLogger
    tags = f"{{trace_id: {r.trace_id}, span_id: {r.span_id}{', parent_id: ' + r.incoming_parent if r.incoming_parent else ''}}} " if r.trace_id else ""
    f = dict(r.fields)
    took = f"({f.pop('took'):.1f}ms) " if "took" in f else ""
    tail = " -- {" + ", ".join(f":{k}=>{json.dumps(v)}" for k, v in f.items()) + "}" if f else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S.%f} {r.level[0]} [{r.pid}:worker-{r.thread}] {tags}{took}{r.logger} -- {r.message}{tail}"

def log4perl(r):      # postroom
    ids = f" <{r.trace_id}-{r.span_id}>" if r.trace_id else ""
    if r.incoming_parent: ids += f" <-{r.incoming_parent}>"
    return f"{r.time:%Y/%m/%d %H:%M:%S},{milli(r)} {r.level}>{ids} {r.logger} - {r.message}"

def gelf(r):          # journal: GELF, as a graylog pipe prints it
    d = {"version": "1.1", "host": "journal-1", "short_message": r.message, "timestamp": round(r.ns / 1e9, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]}
    d |= {"_" + k: v for k, v in r.fields.items()}
    if r.trace_id: d |= {"_trace_id": r.trace_id, "_span_id": r.span_id}
    if r.incoming_parent: d["_parent_span_id"] = r.incoming_parent
    return json.dumps(d)


def build(w):
    w.network_ms, w.broker_ms = 1.8, 30
    tag = [640]
    def mid():
        tag[0] += 1
        return f"q{tag[0]}"
    w.new_message_id = mid
    w.notices, w.offers, w.open_for = {}, {}, []
    n = {"notice": 88, "offer": 30400, "doc": 910000, "job": 0}
    joins, scores, drafts = {}, {}, []

    gate = w.service("gate", nginx)
    notices = w.service("notices", django, errors=lambda c, e: c.log.error(f"Task raised unexpected: {e}\nTraceback (most recent call last):\n  File \"/app/bus/worker.py\", line 88, in run\n    handler(msg)\nRuntimeError: {e}", logger="bus.worker"))
    offers = w.service("offers", boot, errors=lambda c, e: c.log.error(f"Listener failed, message goes to offers.dlq\njava.lang.IllegalStateException: {e}\n\tat eu.tender.offers.Bus.onMessage(Bus.java:71)\n\tat eu.tender.offers.Bus$1.run(Bus.java:40)", logger="e.t.offers.Bus", thread="bus-1"))
    vault = w.service("vault", rustjson, errors=lambda c, e: c.log.error("handler error", logger="bus", error=str(e)))
    av = w.service("avscan", bsdsyslog, errors=lambda c, e: c.log.error(f"ERROR {e}"))
    ledger = w.service("ledger", gokit, errors=lambda c, e: c.log.error("consume failed", logger="consumer.go:90", err=str(e)))
    scoring = w.service("scoring", semantic, errors=lambda c, e: c.log.error("Job failed", logger="Worker", exception=str(e)))
    post = w.service("postroom", log4perl, errors=lambda c, e: c.log.error(f"died: {e} at /opt/post/bin/worker.pl line 212.", logger="Worker"))
    jour = w.service("journal", gelf)

    @gate.http("ANY *")
    async def proxy(c, b):
        path = b["_route"].split(" ")[1]
        st, a = await c.call("offers" if "offers" in path else "notices", b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", req=b["_route"], ip=f"91.12.{c.rng.randrange(9)}.{c.rng.randrange(250)}", user=b.get("org", "-"), st=st, size=c.rng.randrange(90, 3000), rt=c.elapsed_ms() / 1000, incoming=True)
        return st, a
    gate.noise(10, lambda log: log.info("signal 17 (SIGCHLD) received from 31"))

    # ---------------------------------------------------------------- notices
    @notices.http("POST /notices")
    async def publish_notice(c, b):
        n["notice"] += 1
        ref = f"2026/S-{n['notice']:04d}"
        async with c.span("validate eforms") as s:
            await s.work(30)
            s.log.debug(f"eForms BT rules checked for {ref}: {c.rng.randrange(90, 140)} rules", logger="eforms.validator")
        async with c.span("INSERT notice", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"(0.00{c.rng.randrange(2, 9)}) INSERT INTO notices_notice (ref, cpv, buyer) VALUES ('{ref}', '{b['cpv']}', '{b['org']}')", logger="django.db.backends")
        w.notices[ref] = {"cpv": b["cpv"], "buyer": b["org"], "state": "SENT"}
        c.log.info(f"notice {ref} drafted by {b['org']}", logger="notices.views", incoming=True)
        await c.publish("notice.ready", {"ref": ref, "cpv": b["cpv"]}, producer_span=False)
        return 201, {"ref": ref}

    @notices.consumer("notice.ready", retries=2)
    async def export(c, m):
        ref = m.body["ref"]
        async with c.client("journal", "POST /v1/submissions") as k:
            st, a = await k.send({"ref": ref})
            k.log.info(f"submitted {ref}, journal answered {st} {a.get('sub', '')}", logger="notices.ted")
        if st != 202: raise Exception("journal")
        for i in range(9):
            await sleep(450 + 150 * i)
            async with c.client("journal", f"GET /v1/submissions/{a['sub']}") as k:
                st, x = await k.send({})
                if i % 2: k.log.debug(f"{a['sub']} still {x['state']}" if x["state"] == "PENDING" else f"{a['sub']} {x['state']}", logger="notices.ted")
            if x["state"] != "PENDING": break
        if x["state"] == "PRINTED":
            w.notices[ref]["state"] = "OPEN"
            w.open_for.append(ref)
            async with c.producer("notice.published") as p:
                q = await p.send({"ref": ref, "cpv": m.body["cpv"]})
                p.log.info(f"notice.published {ref} ({q})", logger="notices.events")
        else:
            w.notices[ref]["state"] = "REJECTED"
            c.log.error(f"journal rejected {ref}", logger="notices.ted")

    @notices.http("GET /notices/{y}/{s}")
    async def show(c, b):
        async with c.span("SELECT notice", "CLIENT") as s:
            await s.work(3)
        return 200, {}

    @notices.http("POST /notices/{y}/{s}/questions")
    async def question(c, b):
        ref = "/".join(b["_route"].split("/")[2:4])
        await c.work(6)
        c.log.info(f"question on {ref} from {b['org']}", logger="notices.views", incoming=True)
        async with c.producer("question.asked") as p:
            await p.send({"ref": ref, "org": b["org"]})
        return 202, {}

    @notices.consumer("award.decided")
    async def close(c, m):
        await c.work(5)
        w.notices[m.body["ref"]]["state"] = "AWARDED"
        c.log.info(f"{m.body['ref']} -> AWARDED, winner {m.body['winner']}", logger="notices.tasks", incoming=True)
    notices.noise(6, lambda log: log.debug("celery beat: tick", logger="celery.beat"))

    # ---------------------------------------------------------------- journal (outside, but it gives its logs)
    subs = {}
    @jour.http("POST /v1/submissions")
    async def submission(c, b):
        await c.work(60)
        if c.rng.random() < 0.05:
            c.log.warning("busy, come again", buyer_ref=b["ref"], incoming=True)
            return 503, {}
        sid = f"TED{c.rng.randrange(10 ** 6, 10 ** 7)}"
        subs[sid] = (w.ns() + c.rng.randrange(500, 4200) * 1_000_000, c.rng.random() < 0.07)
        c.log.info("submission received", submission=sid, buyer_ref=b["ref"], incoming=True)
        return 202, {"sub": sid}

    @jour.http("GET /v1/submissions/{id}")
    async def state(c, b):
        sid = b["_route"].split("/")[-1]
        await c.work(5)
        at, bad = subs[sid]
        s = "PENDING" if w.ns() < at else "REJECTED" if bad else "PRINTED"
        c.log.debug("status asked", submission=sid, state=s, incoming=True)
        return 200, {"state": s}
    jour.noise(7, lambda log: log.info("edition assembled", pages=w.rng.randrange(200, 900)))

    # ---------------------------------------------------------------- offers
    O = "e.t.offers."
    @offers.http("POST /offers")
    async def hand_in(c, b):
        T = f"nio-8080-exec-{c.thread}"
        n["offer"] += 1
        no = f"OF{n['offer']}"
        w.offers[no] = {"ref": b["ref"], "org": b["org"], "state": "RECEIVED", "price": c.rng.randrange(20, 900) * 1000}
        c.log.info(f"Receiving offer {no} of {b['org']} for {b['ref']}, {b['docs']} documents", logger=O + "OfferController", thread=T, incoming=True)
        async with c.span("insert offer", "CLIENT") as s:
            await s.work(5)
            if c.rng.random() < 0.6: s.log.debug(f"insert into offer (no,org,notice_ref) values ('{no}','{b['org']}','{b['ref']}')", logger="org.hibernate.SQL", thread=T)
        joins[no] = {"want": b["docs"], "clean": set(), "bad": 0}
        for i in range(b["docs"]):
            n["doc"] += 1
            async with c.producer("doc.uploaded") as p:
                await p.send({"doc": n["doc"], "offer": no, "kb": c.rng.randrange(20, 9000), "last": i + 1 == b["docs"]})
                if i % 2 == 0: p.log.debug(f"doc {n['doc']} of {no} queued for scanning", logger=O + "DocumentQueue", thread=T)
        c.log.info(f"Offer {no} accepted for processing in {c.elapsed_ms():.0f} ms", logger=O + "OfferController", thread=T)
        return 202, {"offer": no}

    @offers.consumer("doc.scanned")
    async def collect(c, m):
        T = f"bus-{c.thread}"
        no, j = m.body["offer"], joins[m.body["offer"]]
        await c.work(3)
        j["clean"].add(m.body["doc"])
        if not m.body["clean"]: j["bad"] += 1
        if len(j["clean"]) < j["want"]:
            c.log.debug(f"{no}: {len(j['clean'])}/{j['want']} documents scanned", logger=O + "ScanJoin", thread=T, incoming=True)
            return
        if j["bad"]:
            w.offers[no]["state"] = "REFUSED"
            c.log.warning(f"{no}: {j['bad']} infected document(s), offer refused", logger=O + "ScanJoin", thread=T, incoming=True)
            await c.publish("offer.refused", {"offer": no, "org": w.offers[no]["org"]}, producer_span=False)
            return
        async with c.client("vault", "POST /seals") as k:
            st, a = await k.send({"offer": no})
            k.log.info(f"vault sealed {no} as {a.get('seal')}", logger=O + "VaultClient", thread=T)
        w.offers[no] |= {"state": "SEALED", "seal": a["seal"]}
        c.log.info(f"{no} complete", logger=O + "ScanJoin", thread=T, incoming=True)
        await c.publish("offer.sealed", {"offer": no, "seal": a["seal"], "org": w.offers[no]["org"], "ref": w.offers[no]["ref"]}, producer_span=False)

    @offers.http("DELETE /offers/{no}")
    async def withdraw(c, b):
        no = b["_route"].split("/")[-1]
        o, T = w.offers[no], f"nio-8080-exec-{c.thread}"
        if o["state"] != "SEALED":
            c.log.warning(f"{no} cannot be withdrawn, is {o['state']}", logger=O + "OfferController", thread=T, incoming=True)
            return 409, {}
        o["state"] = "WITHDRAWN"
        await c.call("vault", f"DELETE /seals/{o['seal']}", {}, client_span=False)
        c.log.info(f"{no} withdrawn by {o['org']}", logger=O + "OfferController", thread=T, incoming=True)
        async with c.producer("offer.withdrawn") as p:
            await p.send({"offer": no, "org": o["org"], "ref": o["ref"]})
        return 200, {}

    @offers.http("GET /offers/{no}")
    async def state_of(c, b):
        no = b["_route"].split("/")[-1]
        async with c.span("select offer", "CLIENT") as s:
            await s.work(3)
            s.log.debug(f"select * from offer where no='{no}'", logger="org.hibernate.SQL", thread=f"nio-8080-exec-{c.thread}")
        return 200, {"state": w.offers[no]["state"]}

    @offers.every(2.5, first=6)
    async def opening_session(c):
        T = "scheduling-1"
        ready = [r for r in w.open_for if sum(o["ref"] == r and o["state"] == "SEALED" for o in w.offers.values()) >= 2]
        if not ready: return
        ref = ready[0]
        w.open_for.remove(ref)
        took = [x for x, o in w.offers.items() if o["ref"] == ref and o["state"] == "SEALED"][:4]
        c.log.info(f"Deadline of {ref} passed, opening {len(took)} offers", logger=O + "OpeningSession", thread=T)
        opened = []
        for no in took:
            async with c.client("vault", f"POST /seals/{w.offers[no]['seal']}/open") as k:
                st, _ = await k.send({})
                k.log.info(f"  {no} opened: {w.offers[no]['price']} EUR" if st == 200 else f"  {no} could not be opened ({st})", logger=O + "OpeningSession", thread=T)
            if st == 200: opened.append(no)
            w.offers[no]["state"] = "OPENED"
        await c.publish("offers.opened", {"ref": ref, "offers": [{"no": x, "price": w.offers[x]["price"]} for x in opened]}, producer_span=False)

    @offers.consumer("award.decided")
    async def tell(c, m):
        T = f"bus-{c.thread}"
        for x in m.body["offers"]:
            async with c.producer("letter.order") as p:
                await p.send({"offer": x["no"], "org": w.offers[x["no"]]["org"], "tpl": "award" if x["no"] == m.body["winner"] else "regret"})
                p.log.debug(f"letter for {x['no']} ordered", logger=O + "Letters", thread=T)
        await c.work(4)
    offers.noise(5, lambda log: log.debug("HikariPool-1 - Fill pool skipped, pool has sufficient level", logger="c.z.hikari.pool", thread="housekeeper"))

    # ---------------------------------------------------------------- vault
    @vault.http("POST /seals")
    async def seal(c, b):
        async with c.span("hsm wrap key", "CLIENT") as s:
            await s.work(22)
            s.log.debug("wrapped", logger="hsm", slot=c.rng.randrange(4), alg="AES-KWP")
        sid = "%012x" % c.rng.getrandbits(48)
        c.log.info("sealed", logger="seal", seal=sid, bid=b["offer"], incoming=True)
        return 201, {"seal": sid}

    @vault.http("POST /seals/{id}/open")
    async def unseal(c, b):
        sid = b["_route"].split("/")[2]
        async with c.span("hsm unwrap key", "CLIENT") as s:
            await s.work(30)
            if c.rng.random() < 0.05:
                s.log.error("quorum missing", logger="hsm", slot=0)
                return 423, {}
        c.log.info("opened", logger="seal", seal=sid, us=int(c.elapsed_ms() * 1000), incoming=True)
        return 200, {}

    @vault.http("DELETE /seals/{id}")
    async def shred(c, b):
        await c.work(8)
        c.log.info("shredded", logger="seal", seal=b["_route"].split("/")[-1], incoming=True)
        return 204, {}
    vault.noise(6, lambda log: log.debug("hsm heartbeat", logger="hsm", rtt_us=w.rng.randrange(200, 900)))

    # ---------------------------------------------------------------- avscan
    @av.consumer("doc.uploaded", retries=2, retry_ms=250, concurrency=6)
    async def scan(c, m):
        b = m.body
        await c.work(30 + b["kb"] / 30, 0.3)
        if c.rng.random() < 0.04 and m.attempt < 3:
            c.log.warning(f"doc{b['doc']}: engine busy, requeued")
            raise Exception("busy")
        clean = c.rng.random() > 0.03
        c.log.info(f"doc{b['doc']} {b['kb']}kB {'OK' if clean else 'FOUND Eicar-Test'}", incoming=True)
        async with c.producer("doc.scanned") as p:
            await p.send({"doc": b["doc"], "offer": b["offer"], "clean": clean})
    av.noise(8, lambda log: log.info("signatures up to date (27341)"))

    # ---------------------------------------------------------------- ledger: a hash chain of everything
    def entry(topic, key, subject):
        @ledger.consumer(topic, retries=1)
        async def append(c, m):
            async with c.span("append block", "CLIENT") as s:
                await s.work(4)
                if c.rng.random() < 0.5: s.log.debug("put", logger="badger.go:55", height=c.rng.randrange(10 ** 5), bytes=c.rng.randrange(200, 900))
            c.log.info("entry sealed", logger="chain.go:142", event=topic, **{key: subject(m.body)}, hash="%010x" % c.rng.getrandbits(40), incoming=True)
    entry("notice.published", "notice", lambda b: b["ref"]); entry("offer.sealed", "offer", lambda b: b["offer"]); entry("offer.withdrawn", "offer", lambda b: b["offer"])
    entry("offers.opened", "notice", lambda b: b["ref"]); entry("award.decided", "notice", lambda b: b["ref"])
    ledger.noise(5, lambda log: log.debug("compaction done", logger="badger.go:12", level=w.rng.randrange(3)))

    # ---------------------------------------------------------------- scoring
    @scoring.consumer("offers.opened")
    async def start(c, m):
        ref = m.body["ref"]
        scores[ref] = {"want": 3, "got": {}, "offers": m.body["offers"]}
        c.log.info("Evaluation started", logger="Evaluation", notice=ref, offers=[x["no"] for x in m.body["offers"]], incoming=True)
        for crit in ("price", "quality", "delivery"):
            n["job"] += 1
            async with c.producer("score.todo") as p:
                await p.send({"ref": ref, "crit": crit, "job": n["job"], "n": len(m.body["offers"])})
                p.log.debug("Enqueued", logger="ScoreJob", jid=n["job"], criterion=crit)

    @scoring.consumer("score.todo", retries=2, concurrency=5)
    async def score(c, m):
        b = m.body
        await c.work(90 * max(b["n"], 1))
        if c.rng.random() < 0.05 and m.attempt == 1:
            c.log.warning("Panel member offline, retry", logger="ScoreJob", jid=b["job"])
            raise Exception("panel")
        c.log.info("Completed #perform", logger="ScoreJob", took=c.elapsed_ms(), jid=b["job"], incoming=True)
        await c.publish("score.done", b | {"points": [c.rng.randrange(100) for _ in range(b["n"])]}, producer_span=False)

    @scoring.consumer("score.done")
    async def total(c, m):
        s = scores[m.body["ref"]]
        s["got"][m.body["crit"]] = m.body["points"]
        await c.work(3)
        if len(s["got"]) < 3:
            c.log.debug("Partial", logger="Evaluation", notice=m.body["ref"], have=sorted(s["got"]), incoming=True)
            return
        if not s["offers"] or s.get("done"): return
        s["done"] = True
        best = max(range(len(s["offers"])), key=lambda i: sum(p[i] for p in s["got"].values()))
        winner = s["offers"][best]["no"]
        c.log.info("Award decided", logger="Evaluation", notice=m.body["ref"], winner=winner, incoming=True)
        async with c.producer("award.decided") as p:
            await p.send({"ref": m.body["ref"], "winner": winner, "offers": s["offers"]})
    scoring.noise(7, lambda log: log.debug("Puma stats", logger="Puma", backlog=0, running=5))

    # ---------------------------------------------------------------- postroom
    for topic, text in (("notice.published", lambda b: f"{w.rng.randrange(3, 40)} suppliers told about {b['ref']} (cpv {b['cpv']})"), ("offer.sealed", lambda b: f"receipt {b['seal']} to {b['org']}"),
                        ("offer.refused", lambda b: f"bad news about {b['offer']} to {b['org']}"), ("offer.withdrawn", lambda b: f"confirmation of withdrawal to {b['org']}"),
                        ("question.asked", lambda b: f"question on {b['ref']} forwarded to buyer"), ("letter.order", lambda b: f"{b['tpl']} letter for {b['offer']} to {b['org']}")):
        @post.consumer(topic)
        async def send(c, m, text=text):
            async with c.span("smtp", "CLIENT") as s:
                await s.work(35)
                if s.rng.random() < 0.6: s.log.debug(f"250 ok qp {s.rng.randrange(10 ** 9, 10 ** 10)}", logger="Net::SMTP")
            c.log.info(text(m.body), logger="Letters", incoming=True)
    post.noise(8, lambda log: log.debug("spool empty", logger="Spool"))


async def load(w):
    r = w.rng
    orgs = [f"ORG-{r.randrange(1000, 9999)}" for _ in range(25)]
    async def tender(i):
        st, a = await w.start("gate", "POST /notices", {"cpv": f"{r.randrange(10, 99)}{r.randrange(100, 999)}000", "org": r.choice(orgs)})
        ref = a["ref"]
        if i % 4 == 0: await w.start("gate", f"GET /notices/{ref}", {"org": r.choice(orgs)})
        for _ in range(30):
            await sleep(300)
            if ref in w.open_for: break
        else: return
        if i % 3 == 0: await w.start("gate", f"POST /notices/{ref}/questions", {"org": r.choice(orgs)})
        async def bid(j):
            await sleep(r.uniform(100, 2500))
            st, x = await w.start("gate", "POST /offers", {"ref": ref, "org": r.choice(orgs), "docs": r.randrange(2, 5)})
            await sleep(r.uniform(300, 2500))
            if j == 1: await w.start("gate", f"GET /offers/{x['offer']}", {})
            if j == 2 and i % 2: await w.start("gate", f"DELETE /offers/{x['offer']}", {})
        for j in range(r.randrange(2, 5)): w._spawn(bid(j))
    await arrivals(w, 34, 0.75, tender)
    await sleep(40000)

record(build, load, "k_tender")
