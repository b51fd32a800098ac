"""Card authorizations: deep synchronous calls within milliseconds, scoring over feature store and model server, step-up challenges answered by the cardholder's phone,
work after the answer over Kafka; captures and reversals later; chargebacks as a slow saga with merchants who are asked for evidence."""
import json
from world import *

SEV = {"WARN": "WARNING"}

def glog(r):          # acq-gw: C++ glog
    ids = f" [{r.trace_id}:{r.span_id}]" if r.trace_id else ""
    tail = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.level.replace('DEBUG', 'INFO')[0]}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread} {r.logger}]{ids} {r.message}{tail}"

def ecs(r):           # auth-switch: ECS JSON
    d = {"@timestamp": isoz(r), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "auth-switch", "event.dataset": "auth-switch", "process.thread.name": f"reactor-http-epoll-{r.thread}", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    return json.dumps(d | r.fields, separators=(",", ":"))

def tracingjson(r):   # vault: Rust tracing JSON
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message} | r.fields, "target": r.logger}
    if r.trace_id: d["span"] = {"name": "request", "trace_id": r.trace_id, "span_id": r.span_id} | ({"parent": r.incoming_parent} if r.incoming_parent else {})
    return json.dumps(d, separators=(",", ":"))

def gcp(r):           # risk: GCP structured
    d = {"severity": SEV.get(r.level, r.level), "time": isoz(r, 6), "message": r.message} | r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/card-risk/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id, "logging.googleapis.com/trace_sampled": True}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d)

def zapjson(r):       # features: Go zap production
    d = {"level": r.level.lower(), "ts": round(r.ns / 1e9, 6), "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parent_span"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def torchserve(r):    # modelsrv: log4j of the model server, ids at the end of the text
    ids = f" traceparent=00-{r.trace_id}-{r.span_id}-01" if r.trace_id else ""
    if r.incoming_parent: ids += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S},{r.time.microsecond // 1000:03d} [{r.level:<5}] W-90{r.thread:02d}-cardfraud_7.2 {r.logger} - {r.message}{ids}"

def timbre(r):        # ledger: Clojure timbre
    ids = f" {{:trace-id \"{r.trace_id}\", :span-id \"{r.span_id}\"" + (f", :parent-id \"{r.incoming_parent}\"" if r.incoming_parent else "") + "}" if r.trace_id else ""
    return f"{isoz(r)} ledger-6b {r.level} [{r.logger}] - {r.message}{ids}"

def log4js(r):        # alerts
    ids = f" {r.trace_id} {r.span_id}" if r.trace_id else " - -"
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}] [{r.level}] {r.logger}{ids} - {r.message}" + (f" (traceparent: {r.incoming})" if r.incoming else "")

def gelf(r):          # disputes: GELF
    d = {"version": "1.1", "host": "disputes-1", "short_message": r.message, "timestamp": round(r.ns / 1e9, 3), "level": {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level], "_logger": r.logger} | {"_" + k: v for k, v in r.fields.items()}
    if r.trace_id: d |= {"_traceId": r.trace_id, "_spanId": r.span_id}
    if r.incoming_parent: d["_parentSpanId"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def openresty(r):     # merchant-hooks: nginx error log style, whole seconds
    ids = f", trace: {r.trace_id}, span: {r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f", traceparent: \"{r.incoming}\""
    return f"{r.time:%Y/%m/%d %H:%M:%S} [{ {'WARN': 'warn', 'INFO': 'notice'}.get(r.level, r.level.lower()) }] {r.pid}#{r.pid}: *{r.thread} [lua] {r.logger}: {r.message}{ids}"


def build(w):
    w.network_ms, w.broker_ms = 0.35, 5
    off = [5_402_118]
    def mid():
        off[0] += w.rng.randrange(1, 4)
        return f"{w.rng.randrange(12)}:{off[0]}"
    w.new_message_id = mid
    w.auths, w.captured, tosettle, waiting, n = {}, [], [], {}, {"stan": 118200, "cb": 4410}

    gw = w.service("acq-gw", glog, errors=lambda c, e: c.log.error(f"dispatch failed: {e}", logger="dispatch.cc:61"))
    sw = w.service("auth-switch", ecs, errors=lambda c, e: c.log.error("Listener failed", logger="com.kardia.Bus", **{"error.message": str(e), "error.type": "java.lang.RuntimeException"}))
    va = w.service("vault", tracingjson)
    ri = w.service("risk", gcp, errors=lambda c, e: c.log.error(f"subscriber error: {e}"))
    fe = w.service("features", zapjson, errors=lambda c, e: c.log.error("consume", logger="stream/run.go:77", error=str(e)))
    mo = w.service("modelsrv", torchserve)
    le = w.service("ledger", timbre, errors=lambda c, e: c.log.error(f"clojure.lang.ExceptionInfo: {e}\n    bank.ledger.bus/handle           bus.clj:   41\n    clojure.core/apply               core.clj:  667", logger="bank.ledger.bus:41"))
    al = w.service("alerts", log4js, errors=lambda c, e: c.log.error(f"falha no consumidor: {e}", logger="kafka"))
    di = w.service("disputes", gelf, errors=lambda c, e: c.log.error("Event handling blew up", logger="DisputeBus", cause=str(e)))
    mh = w.service("merchant-hooks", openresty, errors=lambda c, e: c.log.error(f"worker: {e}", logger="consumer.lua:30"))

    # -------------------------------------------------------- acquirer gateway
    @gw.http("POST /iso/0100")
    async def auth(c, b):
        n["stan"] += 1
        rrn = f"6{c.rng.randrange(10**5):05d}{n['stan']}"
        c.log.info(f"0100 in stan={n['stan']} rrn={rrn} mti=0100 de18={b['mcc']} de4={b['cents']:012d}", logger="iso_in.cc:144", incoming=True)
        async with c.client("auth-switch", "POST /authorize") as k:
            st, a = await k.send({"rrn": rrn, "pan": b["pan"], "cents": b["cents"], "mcc": b["mcc"], "mid": b["mid"]})
            if k.elapsed_ms() > 400: k.log.warning(f"rrn={rrn} upstream took {k.elapsed_ms():.0f}ms", logger="switch_client.cc:58")
            elif c.rng.random() < 0.5: k.log.debug(f"rrn={rrn} switch rc={a.get('rc')}", logger="switch_client.cc:61")
        c.log.info(f"0110 out rrn={rrn} de39={a.get('rc', '96')} {c.elapsed_ms():.1f}ms", logger="iso_out.cc:71")
        return 200, a

    @gw.http("POST /iso/0220")
    async def capture(c, b):
        st, a = await c.call("auth-switch", f"POST /captures/{b['rrn']}")
        c.log.info(f"0220/0230 rrn={b['rrn']} de39={'00' if st == 200 else '25'} {c.elapsed_ms():.1f}ms", logger="iso_out.cc:71", incoming=True)
        return 200, {}

    @gw.http("POST /iso/0400")
    async def reverse(c, b):
        c.log.info(f"0400 in rrn={b['rrn']} reason=4021", logger="iso_in.cc:144", incoming=True)
        st, a = await c.call("auth-switch", f"POST /reversals/{b['rrn']}")
        if st != 200: c.log.warning(f"0400 rrn={b['rrn']} not found or captured, de39=25", logger="iso_out.cc:71")
        return 200, {}

    # -------------------------------------------------------- switch
    A = "com.kardia.auth.AuthorizationFlow"
    @sw.http("POST /authorize")
    async def authorize(c, b):
        rrn = b["rrn"]
        async with c.client("vault", "POST /detokenize") as k:
            k.log.debug(f"Detokenizing for {rrn}", logger="com.kardia.clients.VaultClient")
            st, t = await k.send({"pan": b["pan"]})
        if st != 200:
            c.log.warning("Card unknown at vault, declined", logger=A, rrn=rrn, incoming=True)
            return 200, {"rc": "14"}
        async def score():
            async with c.client("risk", "POST /score") as k:
                st, a = await k.send({"rrn": rrn, "token": t["token"], "cents": b["cents"], "mcc": b["mcc"]})
                k.log.debug(f"Risk answered {a['score']} for {rrn}", logger="com.kardia.clients.RiskClient")
                return a
        async def limits():
            async with c.span("redis limits", "CLIENT") as s:
                await s.work(4)
                ok = c.rng.random() > 0.04
                if ok: s.log.debug("Limits fine", logger="com.kardia.Limits", token=t["token"], used=c.rng.randrange(90))
                if not ok: s.log.info("Daily limit exhausted", logger="com.kardia.Limits", token=t["token"])
                return ok
        s, ok = await asyncio.gather(score(), limits())
        rc = "00" if ok and s["score"] < 880 else "61" if not ok else "59"
        if rc == "00" and s["score"] > 520:
            key = rrn
            waiting[key] = w.loop.create_future()
            async with c.producer("challenge.wanted") as p:
                m = await p.send({"rrn": rrn, "token": t["token"]})
                p.log.info(f"Step-up wanted for {rrn}, record {m}", logger=A)
            try: rc = "00" if await asyncio.wait_for(waiting[key], 4) else "59"
            except asyncio.TimeoutError:
                c.log.warning(f"Cardholder did not answer in time ({rrn})", logger=A)
                rc = "1A"
        if rc == "00":
            async with c.client("ledger", "POST /holds") as k:
                st, h = await k.send({"rrn": rrn, "account": t["acct"], "cents": b["cents"]})
                if st == 201: k.log.debug("Hold placed", logger="com.kardia.clients.LedgerClient", rrn=rrn)
                else:
                    rc = "51"
                    k.log.info("Ledger refused hold: insufficient funds", logger="com.kardia.clients.LedgerClient", rrn=rrn)
        w.auths[rrn] = {"rc": rc, "state": "held" if rc == "00" else "declined", "acct": t["acct"], "cents": b["cents"], "mid": b["mid"], "token": t["token"]}
        c.log.info(f"Decided {rc}", logger=A, rrn=rrn, score=s["score"], took_us=int(c.elapsed_ms() * 1000), incoming=True)
        async def after():
            async with c.producer("auth.decided") as p:
                await p.send({"rrn": rrn, "rc": rc, "token": t["token"], "score": s["score"], "cents": b["cents"]})
                if c.rng.random() < 0.8: p.log.debug("auth.decided appended", logger="com.kardia.Bus", key=rrn)
        c.spawn(after())
        return 200, {"rc": rc}

    @sw.consumer("challenge.answered")
    async def answered(c, m):
        f = waiting.get(m.body["rrn"])
        if f and not f.done():
            f.set_result(m.body["yes"])
            c.log.info(f"Challenge of {m.body['rrn']} answered {'yes' if m.body['yes'] else 'no'}", logger="com.kardia.auth.StepUp", incoming=True)
        else: c.log.warning(f"Late challenge answer for {m.body['rrn']} ignored", logger="com.kardia.auth.StepUp", incoming=True)

    @sw.http("POST /captures/{rrn}")
    async def cap(c, b):
        rrn = b["_route"].split("/")[-1]
        x = w.auths[rrn]
        if x["state"] != "held":
            c.log.warning(f"Capture of {rrn} refused, state {x['state']}", logger="com.kardia.auth.Capture", incoming=True)
            return 409, {}
        x["state"] = "captured"
        w.captured.append(rrn)
        async with c.client("ledger", f"PUT /holds/{rrn}") as k:
            st, _ = await k.send({"do": "post"})
            k.log.debug(f"Hold turned into posting, HTTP {st}", logger="com.kardia.clients.LedgerClient", rrn=rrn)
        async with c.producer("auth.captured") as p:
            m = await p.send({"rrn": rrn, "cents": x["cents"], "mid": x["mid"]})
            p.log.info(f"Captured {rrn}, told auth.captured {m}", logger="com.kardia.auth.Capture")
        return 200, {}

    @sw.http("POST /reversals/{rrn}")
    async def rev(c, b):
        rrn = b["_route"].split("/")[-1]
        ok = w.auths[rrn]["state"] == "held"
        if ok:
            w.auths[rrn]["state"] = "reversed"
            await c.call("ledger", f"PUT /holds/{rrn}", {"do": "release"})
        c.log.info(f"Reversal {rrn}: {'done' if ok else 'nothing held'}", logger="com.kardia.auth.Reversal", incoming=True)
        return (200 if ok else 404), {}

    # -------------------------------------------------------- vault
    @va.http("POST /detokenize")
    async def detok(c, b):
        async with c.span("hsm decrypt", "CLIENT") as s:
            await s.work(32, 0.6)
            s.log.debug("hsm round trip", logger="vault::hsm", slot=c.rng.randrange(4))
        bad = c.rng.random() < 0.02
        c.log.info("detokenized" if not bad else "no such card", logger="vault::api", bin=b["pan"][:6], last4=b["pan"][-4:], status=404 if bad else 200, incoming=True)
        return (404, {}) if bad else (200, {"token": f"tok_{hash_(b['pan']):010x}", "acct": f"AC{hash_(b['pan']) % 900000 + 100000}"})
    def hash_(s): return int.from_bytes(s[-8:].encode(), "big") * 2654435761 % 2**40

    # -------------------------------------------------------- risk, features, model: three deep
    @ri.http("POST /score")
    async def score(c, b):
        async with c.client("features", f"GET /vec/{b['token']}") as k:
            st, f = await k.send({})
            if st == 504: k.log.warning("feature store timed out, using priors", rrn=b["rrn"])
        async with c.client("modelsrv", "POST /predictions/cardfraud") as k:
            st, p = await k.send({"rrn": b["rrn"]})
            k.log.debug("model response", rrn=b["rrn"], raw=p["raw"])
        s = int(p["raw"] * 1000)
        async with c.span("rules") as r:
            await r.work(1.2)
            if b["mcc"] in (7995, 6051):
                s = min(999, s + 150)
            r.log.debug("rules evaluated: R%d" % (17 if b["mcc"] in (7995, 6051) else 0), rrn=b["rrn"])
        c.log.info("scored", rrn=b["rrn"], score=s, latencyMs=round(c.elapsed_ms(), 2), incoming=True)
        return 200, {"score": s}

    @fe.http("GET /vec/{token}")
    async def vec(c, b):
        async with c.span("aerospike get", "CLIENT") as s:
            await s.work(1.1)
            if c.rng.random() < 0.03:
                await s.work(40)
                s.log.warning("deadline exceeded", logger="store/as.go:51", key=b["_route"].split("/")[-1])
                return 504, {}
            s.log.debug("get", logger="store/as.go:44", key=b["_route"].split("/")[-1], bins=31)
        if c.rng.random() < 0.5: c.log.info("served", logger="http/mw.go:29", uri=b["_route"].split(" ")[1], dur_us=int(c.elapsed_ms() * 1000), incoming=True)
        return 200, {}

    @mo.http("POST /predictions/cardfraud")
    async def predict(c, b):
        await c.work(85, 0.5)
        raw = round(min(0.99, c.rng.betavariate(1.2, 3.6)), 4)
        c.log.info(f"/10.8.2.{c.rng.randrange(2, 9)}:{c.rng.randrange(30000, 60000)} \"POST /predictions/cardfraud HTTP/1.1\" 200 {c.elapsed_ms():.0f}", logger="ACCESS_LOG", incoming=True)
        return 200, {"raw": raw}

    # -------------------------------------------------------- after the answer
    @fe.consumer("auth.decided")
    async def learn(c, m):
        async with c.span("aerospike operate", "CLIENT") as s:
            await s.work(1.5)
            s.log.debug("counters bumped", logger="store/as.go:80", key=m.body["token"], rc=m.body["rc"])

    @al.consumer("auth.decided")
    async def push(c, m):
        if m.body["rc"] == "00" and m.body["cents"] < 2000:
            c.log.debug(f"valor baixo, sem notificação: {m.body['rrn']}", logger="push", incoming=True)
            return
        async with c.span("POST fcm", "CLIENT") as s:
            await s.work(55)
            s.log.info(f"Notificação enviada: compra {m.body['rrn']} {'aprovada' if m.body['rc'] == '00' else 'negada'}", logger="push")

    @ri.consumer("auth.decided", retries=2)
    async def cases(c, m):
        if m.body["score"] < 450:
            await c.work(0.5)
            if c.rng.random() < 0.7: c.log.debug("no case needed", rrn=m.body["rrn"], incoming=True)
            return
        async with c.span("bigquery insert", "CLIENT") as s:
            await s.work(25)
            s.log.debug("insertAll analyst_cases", rrn=m.body["rrn"])
            if c.rng.random() < 0.08 and m.attempt < 3:
                s.log.warning("insertAll: backendError, message goes back", rrn=m.body["rrn"], attempt=m.attempt)
                raise Exception("backend")
        c.log.info(f"case opened for analyst, score {m.body['score']}", rrn=m.body["rrn"], messageId=m.id, incoming=True)

    @al.consumer("challenge.wanted")
    async def challenge(c, m):
        c.log.info(f"Desafio para {m.body['rrn']} recebido", logger="desafio", incoming=True)
        async with c.span("POST fcm", "CLIENT") as s:
            await s.work(60)
            s.log.debug(f"fcm aceitou o desafio {m.body['rrn']}", logger="push")
        async def phone():
            await sleep(500 + c.rng.expovariate(1 / 1300))
            await c.call("alerts", "POST /answers", {"rrn": m.body["rrn"], "yes": c.rng.random() < 0.85}, client_span=False)
        c.spawn(phone())

    @al.http("POST /answers")
    async def answers(c, b):
        await c.work(4)
        async with c.producer("challenge.answered") as p:
            await p.send(b)
        c.log.info(f"POST /answers 202 {c.elapsed_ms():.0f}ms rrn={b['rrn']} resposta={'sim' if b['yes'] else 'não'}", logger="http", incoming=True)
        return 202, {}

    # -------------------------------------------------------- ledger
    @le.http("POST /holds")
    async def hold(c, b):
        ok = c.rng.random() > 0.05
        async with c.span("datomic transact", "CLIENT") as s:
            await s.work(38, 0.5)
            if ok: s.log.debug(f"tx {{:hold/rrn \"{b['rrn']}\" :hold/amount {b['cents']}}}", logger="bank.ledger.db:19")
        c.log.info(f"hold {b['rrn']} on {b['account']} {':placed' if ok else ':insufficient'} ({c.elapsed_ms():.1f} msecs)", logger="bank.ledger.holds:77", incoming=True)
        return (201 if ok else 409), {}

    @le.http("PUT /holds/{rrn}")
    async def change(c, b):
        async with c.span("datomic transact", "CLIENT") as s:
            await s.work(41, 0.5)
            s.log.info(f"hold {b['_route'].split('/')[-1]} -> {dict(post=':posted', release=':released')[b['do']]}", logger="bank.ledger.holds:102")
        return 200, {}

    @le.consumer("auth.captured")
    async def queue_settle(c, m):
        tosettle.append((m.body["rrn"], m.body["cents"], c))
        await c.work(2)
        c.log.debug(f"settlement candidate {m.body['rrn']} at {m.id}", logger="bank.ledger.settle:12", incoming=True)

    @le.every(7)
    async def settlement_file(c):
        take = tosettle[:]
        tosettle.clear()
        for x in take: c.link(x[2])
        if not take:
            c.log.debug("nothing to settle", logger="bank.ledger.settle:33")
            return
        f = f"STL{w.ns() // NS % 1000000}.xml"
        async with c.span("render pacs.008") as s:
            await s.work(60)
            s.log.info(f"{f} holds {len(take)} postings, total {sum(x[1] for x in take)}", logger="bank.ledger.settle:40")
        async with c.span("sftp put", "CLIENT") as s:
            await s.work(300)
            if c.rng.random() < 0.4: s.log.debug(f"sftp: {f} 100%", logger="bank.ledger.sftp:8")
        await c.publish("settlement.sent", {"file": f, "rrns": [x[0] for x in take]})

    @mh.consumer("settlement.sent")
    async def tell_settled(c, m):
        c.log.info(f"settlement {m.body['file']} with {len(m.body['rrns'])} items, notifying merchants", logger="settle.lua:9", incoming=True)
        async with c.span("POST merchant hook", "CLIENT") as s:
            await s.work(140)

    # -------------------------------------------------------- chargebacks
    cases_ = {}
    @di.http("POST /scheme/chargebacks")
    async def chargeback(c, b):
        n["cb"] += 1
        case = f"CB-26-{n['cb']:06d}"
        c.log.info(f"Scheme opened chargeback {case}", logger="ChargebackController", incoming=True, rrn=b["rrn"], reasonCode=b["reason"])
        x = w.auths[b["rrn"]]
        cases_[case] = {"rrn": b["rrn"], "state": "OPENED", "mid": x["mid"], "reason": b["reason"]}
        async with c.span("INSERT dispute_case", "CLIENT") as s:
            await s.work(5)
            s.log.debug("Executed insert into dispute_case in the H2 dialect of Oracle", logger="groovy.sql.Sql", rows=1)
        async with c.producer("dispute.opened") as p:
            p.log.info(f"Announcing {case}", logger="DisputeBus", topic="dispute.opened")
            await p.send({"case": case, "rrn": b["rrn"], "cents": x["cents"], "mid": x["mid"]})
        return 202, {"case": case}

    @le.consumer("dispute.opened")
    async def provisional(c, m):
        async with c.span("datomic transact", "CLIENT") as s:
            await s.work(8)
            s.log.debug(f"tx {{:credit/case \"{m.body['case']}\" :credit/provisional true}}", logger="bank.ledger.db:19")
        async with c.producer("credit.booked") as p:
            await p.send({"case": m.body["case"]})
            p.log.info(f"provisional credit for {m.body['case']} booked, emitted credit.booked", logger="bank.ledger.credits:51")

    @ri.consumer("dispute.opened")
    async def label(c, m):
        await c.work(10)
        c.log.info("label stored: fraud=true (friendly unknown)", rrn=m.body["rrn"], case_no=m.body["case"], incoming=True)

    @mh.consumer("dispute.opened", retries=3, retry_ms=800)
    async def ask_merchant(c, m):
        async with c.span("POST merchant hook", "CLIENT") as s:
            await s.work(160, 0.5)
            if c.rng.random() < 0.12 and m.attempt < 4:
                s.log.warning(f"merchant {m.body['mid']} answered 500, case {m.body['case']}, attempt {m.attempt}", logger="deliver.lua:88")
                raise Exception("500")
            s.log.info(f"evidence wanted from {m.body['mid']} for {m.body['case']}", logger="deliver.lua:95")
        async def merchant():
            await sleep(800 + c.rng.expovariate(1 / 2500))
            if c.rng.random() < 0.8:
                await c.call("merchant-hooks", "POST /evidence", {"case": m.body["case"], "files": c.rng.randrange(0, 4)}, client_span=False)
            else:
                async with c.producer("evidence.overdue") as p:
                    p.log.warning(f"{m.body['case']}: deadline passed, merchant silent", logger="timer.lua:17")
                    await p.send({"case": m.body["case"], "files": 0})
        c.spawn(merchant())

    @mh.http("POST /evidence")
    async def evidence(c, b):
        async with c.span("PUT s3 evidence", "CLIENT") as s:
            await s.work(45)
            s.log.debug(f"{b['files']} files of {b['case']} stored", logger="store.lua:20")
        async with c.producer("evidence.given") as p:
            await p.send(b)
            p.log.info(f"queued evidence.given {b['case']}", logger="api.lua:38")
        c.log.info(f"evidence {b['case']} 202 {c.elapsed_ms():.0f} ms", logger="api.lua:41", incoming=True)
        return 202, {}

    @di.consumer("credit.booked")
    async def credit(c, m):
        await c.work(3)
        c.log.debug("Noted provisional credit", logger="CreditListener", caseNo=m.body["case"], incoming=True)

    def decide(topic):
        @di.consumer(topic)
        async def on(c, m):
            case = m.body["case"]
            x = cases_[case]
            win = m.body["files"] >= 2
            c.log.info(f"{'Merchant defended' if m.body['files'] else 'Nothing to defend'} {case} ({m.body['files']} documents)", logger="EvidenceListener", incoming=True)
            if win:
                async with c.span("POST scheme/representments", "CLIENT") as s:
                    await s.work(380)
                    win = c.rng.random() < 0.6
                    s.log.info(f"Scheme ruled {'for merchant' if win else 'for cardholder'}", logger="SchemeClient", caseNo=case)
            x["state"] = "WON" if win else "LOST"
            async with c.span("UPDATE dispute_case", "CLIENT") as s:
                await s.work(4)
                s.log.debug("Executed update dispute_case set state = ?", logger="groovy.sql.Sql", rows=1)
            async with c.producer("dispute.closed") as p:
                k = await p.send({"case": case, "rrn": x["rrn"], "won": win, "token": w.auths[x["rrn"]]["token"]})
                p.log.info(f"Closed {case} as {x['state']}", logger="DisputeBus", record=k)
    decide("evidence.given"); decide("evidence.overdue")

    @le.consumer("dispute.closed")
    async def final(c, m):
        async with c.span("datomic transact", "CLIENT") as s:
            await s.work(7)
            s.log.debug(f"tx {{:credit/case \"{m.body['case']}\" :credit/provisional false}}", logger="bank.ledger.db:19")
        c.log.info(f"{m.body['case']} final: {'credit taken back' if m.body['won'] else 'merchant debited'}", logger="bank.ledger.credits:80", incoming=True)

    @al.consumer("dispute.closed")
    async def tell(c, m):
        async with c.span("POST fcm", "CLIENT") as s:
            await s.work(50)
        c.log.info(f"Cliente avisado do resultado da contestação {m.body['case']}", logger="push", incoming=True)

    @di.http("GET /cases/{case}")
    async def see(c, b):
        async with c.span("SELECT dispute_case", "CLIENT") as s:
            await s.work(4)
        c.log.info(f"Served {b['_route'].split('/')[-1]} in {c.elapsed_ms():.0f} ms", logger="CaseController", incoming=True)
        return 200, {}
    w.cases = cases_

    mo.noise(4, lambda l: l.info(f"CPUUtilization.Percent:{w.rng.randrange(5, 90)}.0|#Level:Host|#hostname:modelsrv-0", logger="TS_METRICS"))
    gw.noise(3, lambda l: l.info("0800 echo ok nmm=301", logger="netmgmt.cc:30"))
    fe.noise(6, lambda l: l.info("cluster tend", logger="store/tend.go:15", nodes=3))
    sw.noise(8, lambda l: l.info("Bin table refreshed, 48122 ranges", logger="com.kardia.BinTable"))
    le.noise(12, lambda l: l.debug("datomic: memory index 14 MB", logger="datomic.process-monitor"))
    al.noise(9, lambda l: l.info("lag do grupo alerts: 0", logger="kafka"))


async def load(w):
    r = w.rng
    async def one(i):
        x = r.random()
        held = [k for k, a in w.auths.items() if a["state"] == "held"]
        if held and x < 0.17: await w.start("acq-gw", "POST /iso/0220", {"rrn": r.choice(held)})
        elif w.auths and x < 0.21: await w.start("acq-gw", "POST /iso/0400", {"rrn": r.choice(list(w.auths))})
        elif w.captured and x < 0.33:
            await w.start("disputes", "POST /scheme/chargebacks", {"rrn": w.captured.pop(r.randrange(len(w.captured))), "reason": r.choice(["10.4", "13.1", "4837", "4853"])})
        elif w.cases and x < 0.37: await w.start("disputes", f"GET /cases/{r.choice(list(w.cases))}")
        else: await w.start("acq-gw", "POST /iso/0100", {"pan": f"4{r.randrange(10**5):05d}{r.randrange(10**10):010d}", "cents": int(r.lognormvariate(8.2, 1)), "mcc": r.choice([5411, 5812, 5999, 4111, 7995, 6051, 5541]), "mid": f"M{r.randrange(70000, 70090)}"})
    await arrivals(w, 175, 9, one)

record(build, load, "c_fraud")
