"""Leasing of machines to firms: quotes with credit scores fetched in parallel, contracts as a long saga (draft, signatures with a callback, the dealer's order
and delivery, activation; undone when the dealer or a signatory says no), instalments billed in batches with returned debits, amendments, early ends."""
import json
from world import *


def kong(r):          # kong: file-log plugin
    f = r.fields
    if "uri" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{'notice' if r.level == 'INFO' else r.level.lower()}] {r.pid}#0: *{f.get('n', 1)} {r.message}"
    h = {"host": "api.lease.example", "user-agent": f["ua"]}
    if r.incoming: h["traceparent"] = r.incoming
    d = {"latencies": {"request": f["ms"], "kong": 1, "proxy": f["ms"] - 1}, "service": {"name": f["svc"]}, "request": {"method": f["verb"], "uri": f["uri"], "headers": h},
         "response": {"status": f["st"], "size": f["size"]}, "started_at": r.ns // 1_000_000 - f["ms"], "client_ip": "192.0.2.%d" % (f["size"] % 250)}
    if r.trace_id: d["trace_id"] = {"w3c": r.trace_id}; d["span_id"] = r.span_id
    return json.dumps(d, separators=(",", ":"))

def lrjson(r):        # quotes: logrus JSONFormatter (keys sorted)
    d = dict(r.fields) | {"level": r.level.lower().replace("warn", "warning"), "msg": r.message, "time": isoz(r, 6), "func": r.logger}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["remote_ctx"] = r.incoming
    return json.dumps(dict(sorted(d.items())), separators=(",", ":"))

def rlang(r):         # scoring: R, the logger package; whole seconds
    t = f" [{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f" [parent {r.incoming_parent}]"
    return f"{r.level} [{r.time:%Y-%m-%d %H:%M:%S}]{t} {r.message}"

def l4j2(r):          # contracts: log4j2 JsonLayout, properties on
    cm = {}
    if r.trace_id: cm = {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming_parent: cm["parentSpanId"] = r.incoming_parent
    cm |= {k: str(v) for k, v in r.fields.items()}
    return json.dumps({"instant": {"epochSecond": r.ns // NS, "nanoOfSecond": r.ns % NS // 1000 * 1000}, "thread": f"camunda-{r.thread}", "level": r.level, "loggerName": "de.leas.contracts." + r.logger,
                       "message": r.message, "endOfBatch": False, "loggerFqcn": "org.apache.logging.slf4j.Log4jLogger", "contextMap": cm, "threadId": 40 + r.thread}, separators=(",", ":"))

def gokit(r):         # signing: go-kit logfmt
    q = lambda v: json.dumps(v) if isinstance(v, str) and (" " in v or "=" in v) else v
    kv = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: kv += f" traceID={r.trace_id} spanID={r.span_id}"
    if r.incoming_parent: kv += f" parentID={r.incoming_parent}"
    return f"ts={isoz(r, 9)} caller={r.logger} level={r.level.lower()} msg={q(r.message)}{kv}"

def tsv(r):           # dealers: a Delphi service writing tab-separated lines
    return "\t".join([r.time.strftime("%d.%m.%Y %H:%M:%S,") + "%03d" % (r.time.microsecond // 1000), {"DEBUG": "D", "INFO": "I", "WARN": "W", "ERROR": "E"}[r.level], r.logger,
                      f"{r.trace_id}:{r.span_id}" if r.trace_id else "-", r.message] + ([f"<{r.incoming_parent}"] if r.incoming_parent else []))

def l4p(r):           # billing: Log4perl  %d %p> %F{1}:%L %M - %m, MDC behind
    t = f" (trace={r.trace_id} span={r.span_id}" + (f" parent={r.incoming_parent}" if r.incoming_parent else "") + ")" if r.trace_id else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.level}> {r.logger} - {r.message}{t}"

def katip(r):         # mailroom: Haskell katip
    ctx = "".join(f"[{k}:{v}]" for k, v in r.fields.items())
    if r.trace_id: ctx += f"[trace:{r.trace_id}][span:{r.span_id}]"
    if r.incoming: ctx += f"[traceparent:{r.incoming}]"
    lv = {"DEBUG": "Debug", "INFO": "Info", "WARN": "Warning", "ERROR": "Error"}[r.level]
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}][mailroom.{r.logger}][{lv}][mr-0][PID {r.pid}][ThreadId {90 + r.thread}]{ctx} {r.message}"

def odl(r):           # gl: Oracle diagnostic logging
    e = f" [ecid: {r.trace_id},{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: e += f" [parent: {r.incoming_parent}]"
    lv = {"DEBUG": "TRACE:16", "INFO": "NOTIFICATION:1", "WARN": "WARNING:1", "ERROR": "ERROR:1"}[r.level]
    return f"[{isoz(r)[:-1]}+00:00] [gl] [{lv}] [{r.fields.get('code', '')}] [oracle.apps.gl.{r.logger}] [tid: {r.thread}]{e} {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 1.8, 30
    n = {"q": w.rng.randrange(300, 2000), "lv": 100_200 + w.rng.randrange(500), "inv": w.rng.randrange(100, 900), "je": 5_550_000, "d": 61_000, "run": 7, "msg": 0}
    def mid():
        n["msg"] += 1
        return "ID:amq-%d-%d:1" % (w.base // NS % 10000, n["msg"])
    w.new_message_id = mid
    w.quotes, w.con, sched, ses, orders = {}, {}, {}, {}, {}

    kg = w.service("kong", kong)
    qt = w.service("quotes", lrjson, errors=lambda c, e: c.log.error("consumer error", logger="bus.(*Consumer).loop", error=str(e)))
    sc = w.service("scoring", rlang)
    ct = w.service("contracts", l4j2, errors=lambda c, e: c.log.error(f"Incident created: {e}", logger="bpm.Incidents"))
    sg = w.service("signing", gokit)
    dl = w.service("dealers", tsv, errors=lambda c, e: c.log.error(f"EAccessViolation in Consumer: {e}", logger="uQueue"))
    bl = w.service("billing", l4p, errors=lambda c, e: c.log.error(f"died: {e} at Queue.pm line 51.\n\tBilling::Queue::run('HASH(0x55d0)') called at bin/worker line 9", logger="Queue.pm:51 Billing::Queue::run"))
    mr = w.service("mailroom", katip, errors=lambda c, e: c.log.error(f"uncaught exception: IOException {e}", logger="queue"))
    gl = w.service("gl", odl, errors=lambda c, e: c.log.error(f"ORA-20001: {e}", logger="aq", code="GL-00099"))

    bill_no = lambda lv: f"{lv[3:]}-{sum(map(int, lv[3:])) % 9}"

    # ---- kong
    @kg.http("ANY *")
    async def gateway(c, b):
        verb, uri = b["_route"].split(" ")
        svc = uri.split("/")[1]
        st, a = await c.call(svc, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=svc == "quotes")
        c.log.info("", verb=verb, uri=uri, svc=svc, st=st, ms=max(2, round(c.elapsed_ms())), size=c.rng.randrange(90, 5000), ua=c.rng.choice(["lease-portal/3", "PartnerAPI-Java/1.8", "curl/8.5"]), incoming=True)
        return st, a
    kg.noise(10, lambda log: log.info("[lua] init.lua:310: [dns] refreshed 14 records", n=w.rng.randrange(9999)))

    # ---- quotes
    @qt.http("POST /quotes")
    async def quote(c, b):
        n["q"] += 1
        q = f"Q26-{n['q']:05d}"
        c.log.info("quote requested", logger="api.(*Handler).create", quote=q, vat=b["vat"], asset=b["asset"], amount=b["eur"], incoming=True)
        async def one(v, role):
            async with c.client("scoring", f"GET /score/{v}") as k:
                st, a = await k.send({})
                k.log.debug("score", logger="score.(*Client).fetch", role=role, vat=v, status=st, ms=round(k.elapsed_ms()))
                return a.get("points", 0)
        pts = await asyncio.gather(*[one(v, ro) for v, ro in [(b["vat"], "lessee")] + ([(b["guarantor"], "guarantor")] if b["guarantor"] else [])])
        async with c.span("residual value") as s:
            await s.work(12)
        ok = max(pts) > 300
        async with c.span("INSERT quotes", "CLIENT") as s:
            await s.work(5)
            s.log.debug("INSERT INTO quotes", logger="store.(*PG).put", quote=q, rows=1)
        w.quotes[q] = {"ok": ok, "vat": b["vat"], "asset": b["asset"], "eur": b["eur"]}
        if not ok: c.log.warning("quote declined", logger="api.(*Handler).create", quote=q, points=max(pts))
        async with c.producer("quote.decided") as p:
            await p.send({"quote": q, "ok": ok, "vat": b["vat"]})
            if ok: p.log.info("quote offered", logger="bus.(*Producer).emit", quote=q, rate=round(b["eur"] / 46, 2))
        return (201 if ok else 422), {"quote": q}

    @qt.consumer("contract.active")
    async def converted(c, m):
        async with c.span("UPDATE quotes", "CLIENT") as s:
            await s.work(4)
        c.log.info("quote converted", logger="bus.(*Consumer).converted", quote=m.body["quote"], contract=m.body["lv"], incoming=True)
    qt.noise(6, lambda log: log.debug("rates cache refreshed", logger="rates.refresh", entries=40))

    # ---- scoring
    @sc.http("GET /score/{vat}")
    async def score(c, b):
        v = b["_route"].split("/")[-1]
        async with c.span("bureau", "CLIENT") as s:
            await s.work(160, 0.6)
            if c.rng.random() < 0.06:
                s.log.warning(f"bureau slow for {v}, second request")
                await s.work(200)
        p = c.rng.randrange(260, 600) if c.rng.random() < 0.9 else 120
        c.log.info(f"score of {v} is {p}", incoming=True)
        return 200, {"points": p}
    sc.noise(7, lambda log: log.info("gc(): 211.4 Mb used"))

    # ---- contracts: the saga
    @ct.http("POST /contracts")
    async def open_contract(c, b):
        q = w.quotes[b["quote"]]
        n["lv"] += 1
        lv = f"LV-{n['lv']}"
        c.log.info(f"Process instance started for {lv} out of {b['quote']}", logger="rest.ContractResource", contract=lv, incoming=True)
        w.con[lv] = x = {"lv": lv, "quote": b["quote"], "vat": q["vat"], "asset": q["asset"], "eur": q["eur"], "state": "DRAFT"}
        async with c.client("mailroom", "POST /render") as k:
            st, a = await k.send({"tpl": "lease_v9", "key": lv})
            k.log.debug(f"Draft rendered in {k.elapsed_ms():.0f} ms", logger="task.RenderDraft", contract=lv)
        async with c.client("signing", "POST /sessions") as k:
            st, a = await k.send({"doc": a["doc"], "signers": b["signers"], "hook": f"/hooks/{lv}"})
            x["ses"] = a["ses"]
            k.log.info(f"Waiting for {b['signers']} signature(s), session {a['ses']}", logger="task.RequestSignature", contract=lv)
        async with c.span("ACT_RU_EXECUTION update", "CLIENT") as s: await s.work(5)
        return 202, {"lv": lv}

    @ct.http("PUT /hooks/{lv}")
    async def hook(c, b):
        x = w.con[b["_route"].split("/")[-1]]
        if b["result"] != "signed":
            x["state"] = "CANCELLED"
            c.log.warning(f"Signature declined, {x['lv']} is cancelled", logger="rest.HookResource", contract=x["lv"], incoming=True)
            await c.publish("contract.cancelled", {"lv": x["lv"], "vat": x["vat"], "why": "declined"})
            return 204, {}
        x["state"] = "SIGNED"
        c.log.info(f"Message 'signed' correlated to {x['lv']}", logger="rest.HookResource", contract=x["lv"], incoming=True)
        async with c.producer("asset.order") as p:
            i = await p.send({"lv": x["lv"], "asset": x["asset"], "eur": x["eur"]})
            p.log.info(f"Asset ordered: {x['asset']}", logger="task.OrderAsset", contract=x["lv"], jmsMessageId=i)
        return 204, {}

    @ct.consumer("asset.refused")
    async def refused(c, m):
        x = w.con[m.body["lv"]]
        x["state"] = "CANCELLED"
        c.log.warning(f"Dealer refused order {m.body['order']}, compensating {x['lv']}", logger="task.Compensate", contract=x["lv"], incoming=True)
        async with c.client("signing", f"DELETE /sessions/{x['ses']}") as k:
            st, _ = await k.send({})
            k.log.debug(f"Session {x['ses']} voided: {st}", logger="task.VoidSignature", contract=x["lv"])
        await c.publish("contract.cancelled", {"lv": x["lv"], "vat": x["vat"], "why": "dealer"})

    @ct.consumer("asset.delivered")
    async def delivered(c, m):
        x = w.con[m.body["lv"]]
        if x["state"] == "ACTIVE":
            c.log.debug("Optimistic locking, activation already done", logger="bpm.Jobs", contract=x["lv"], incoming=True)
            return
        x["state"] = "ACTIVE"
        async def schedule():
            async with c.client("billing", "POST /schedules") as k:
                st, a = await k.send({"no": bill_no(x["lv"]), "rate": round(x["eur"] / 46, 2), "lv": x["lv"], "vat": x["vat"]})
                k.log.debug(f"Schedule {st}", logger="task.CreateSchedule", contract=x["lv"])
        async def book():
            async with c.client("gl", "POST /journal") as k:
                st, a = await k.send({"ref": x["lv"].replace("-", ""), "what": "ROU ASSET", "eur": x["eur"]})
                k.log.debug(f"Journal entry {a['je']}", logger="task.Capitalise", contract=x["lv"])
        await asyncio.gather(schedule(), book())
        c.log.info(f"{x['lv']} active, serial {m.body['serial']}", logger="task.Activate", contract=x["lv"], incoming=True)
        await c.publish("contract.active", {"lv": x["lv"], "quote": x["quote"], "vat": x["vat"]})

    @ct.consumer("debit.returned", retries=1)
    async def dunning(c, m):
        async with c.span("ACT_RU_TASK insert", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"insert into ACT_RU_TASK (NAME_, DESCRIPTION_) values ('dunning', '{m.body['inv']}')", logger="mybatis.TaskMapper")
        c.log.info(f"Dunning task opened for {m.body['lv']}", logger="task.Dunning", contract=m.body["lv"], incoming=True)

    @ct.http("GET /contracts/{lv}")
    async def show(c, b):
        async with c.span("ACT_HI_PROCINST select", "CLIENT") as s: await s.work(3)
        c.log.debug(f"{b['_route'].split('/')[-1]} read", logger="rest.ContractResource", incoming=True)
        return 200, {}

    @ct.http("POST /contracts/{lv}/amendments")
    async def amend(c, b):
        x = w.con[b["_route"].split("/")[2]]
        if x["state"] != "ACTIVE":
            c.log.info(f"{x['lv']} is {x['state']}, no amendment", logger="rest.AmendmentResource", contract=x["lv"], incoming=True)
            return 409, {}
        c.log.info(f"Amending {x['lv']}: {b['months']} more months", logger="rest.AmendmentResource", contract=x["lv"], incoming=True)
        async with c.client("billing", f"PUT /schedules/{bill_no(x['lv'])}") as k:
            st, _ = await k.send({"months": b["months"]})
        await c.call("mailroom", "POST /render", {"tpl": "amendment", "key": x["lv"]})
        return 200, {}

    @ct.http("POST /contracts/{lv}/termination")
    async def end(c, b):
        x = w.con[b["_route"].split("/")[2]]
        if x["state"] != "ACTIVE": return 409, {}
        async with c.client("billing", f"GET /schedules/{bill_no(x['lv'])}/buyout") as k:
            st, a = await k.send({})
            k.log.debug(f"Buyout amount {a['eur']}", logger="task.Buyout", contract=x["lv"])
        x["state"] = "ENDED"
        c.log.info(f"{x['lv']} ends early ({b['why']})", logger="rest.TerminationResource", contract=x["lv"], incoming=True)
        async with c.producer("contract.ended") as p:
            await p.send({"lv": x["lv"], "vat": x["vat"], "eur": a["eur"], "no": bill_no(x["lv"])})
            p.log.debug("contract.ended sent", logger="jms.Sender", contract=x["lv"])
        return 202, {}
    ct.noise(4, lambda log: log.debug("Job executor acquired 0 jobs", logger="bpm.JobExecutor"))

    # ---- signing
    @sg.http("POST /sessions")
    async def session(c, b):
        s_ = f"ses_{c.rng.getrandbits(40):010x}"
        async with c.span("hsm seal", "CLIENT") as s:
            await s.work(35)
            s.log.debug("sealed", logger="hsm.go:54", doc=b["doc"])
        c.log.info("session open", logger="session.go:71", session=s_, doc=b["doc"], signers=b["signers"], incoming=True)
        ses[s_] = "open"
        async def people():
            res = "signed"
            for i in range(b["signers"]):
                await sleep(c.rng.uniform(300, 1500))
                if c.rng.random() < 0.05:
                    res = "declined"
                    c.log.warn("signer declined", logger="session.go:120", session=s_, signer=i + 1)
                    break
                async with c.span("apply signature") as s:
                    await s.work(40)
                    s.log.info("signature applied", logger="session.go:112", session=s_, signer=i + 1)
            for a in range(1, 4):
                async with c.client("contracts", f"PUT {b['hook']}") as k:
                    if c.rng.random() < 0.08 and a < 3:
                        await k.work(300)
                        k.log.error("hook failed", logger="hook.go:33", session=s_, err="context deadline exceeded", attempt=a)
                        k.fail()
                        st = 0
                    else:
                        st, _ = await k.send({"result": res})
                        k.log.info("hook delivered", logger="hook.go:40", session=s_, status=st)
                if st == 204: break
                await sleep(400 * a)
        c.spawn(people())
        return 201, {"ses": s_}

    @sg.http("DELETE /sessions/{id}")
    async def void(c, b):
        await c.work(8)
        c.log.info("session voided", logger="session.go:150", session=b["_route"].split("/")[-1], incoming=True)
        return 204, {}
    sg.noise(7, lambda log: log.debug("hsm ping", logger="hsm.go:12", rtt="1.2ms"))

    # ---- dealers
    @dl.consumer("asset.order", retries=2, retry_ms=450)
    async def order(c, m):
        if m.id not in orders:
            n["d"] += 1
            orders[m.id] = f"D{n['d']}"
        d = orders[m.id]
        c.log.info(f"Bestellung {d} zu Vertrag {m.body['lv']}: {m.body['asset']} (Versuch {m.attempt})", logger="uOrders", incoming=True)
        async with c.span("dealer XML", "CLIENT") as s:
            await s.work(220, 0.5)
            if c.rng.random() < 0.09 and m.attempt < 3:
                s.log.error(f"Timeout beim Haendler, {d} wird wiederholt", logger="uDealerXml")
                raise Exception("timeout")
            s.log.debug(f"Antwort fuer {d} erhalten, {s.elapsed_ms():.0f} ms", logger="uDealerXml")
        if c.rng.random() < 0.06:
            c.log.warn(f"Haendler lehnt {d} ab", logger="uOrders")
            await c.publish("asset.refused", {"lv": m.body["lv"], "order": d})
            return
        async def deliver():
            await sleep(c.rng.uniform(700, 2600))
            ser = f"SN{c.rng.randrange(10 ** 7):07d}"
            async with c.producer("asset.delivered") as p:
                await p.send({"lv": m.body["lv"], "order": d, "serial": ser})
                p.log.info(f"{d} ausgeliefert, Seriennummer {ser}", logger="uDelivery")
        c.spawn(deliver())

    @dl.consumer("contract.ended")
    async def pick_up(c, m):
        await c.work(30)
        c.log.info(f"Abholung zu Vertrag {m.body['lv']} beauftragt", logger="uPickup", incoming=True)
    dl.noise(9, lambda log: log.debug("Timer: keine offenen Avise", logger="uTimer"))

    # ---- billing
    @bl.http("POST /schedules")
    async def schedule(c, b):
        async with c.span("INSERT schedule", "CLIENT") as s:
            await s.work(8)
            s.log.debug(f"execute INSERT INTO schedule(contract_no, rate) VALUES('{b['no']}', {b['rate']}) rows 1", logger="DB.pm:33 Billing::DB::do")
        sched[b["no"]] = {"rate": b["rate"], "lv": b["lv"], "vat": b["vat"], "on": True, "left": 48}
        c.log.info(f"schedule for {b['no']} laid out, 48 x {b['rate']}", logger="Schedule.pm:70 Billing::Schedule::create", incoming=True)
        return 201, {}

    @bl.http("PUT /schedules/{no}")
    async def change(c, b):
        no = b["_route"].split("/")[-1]
        async with c.span("UPDATE schedule", "CLIENT") as s: await s.work(6)
        sched[no]["left"] += b["months"]
        c.log.info(f"schedule {no} stretched to {sched[no]['left']}", logger="Schedule.pm:96 Billing::Schedule::stretch", incoming=True)
        return 200, {}

    @bl.http("GET /schedules/{no}/buyout")
    async def buyout(c, b):
        no = b["_route"].split("/")[2]
        await c.work(15)
        eur = round(sched[no]["rate"] * sched[no]["left"] * 0.9, 2)
        c.log.info(f"buyout of {no}: {eur}", logger="Buyout.pm:22 Billing::Buyout::quote", incoming=True)
        return 200, {"eur": eur}

    @bl.consumer("contract.ended")
    async def stop(c, m):
        sched[m.body["no"]]["on"] = False
        async with c.span("UPDATE schedule", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"execute UPDATE schedule SET active=0 WHERE contract_no='{m.body['no']}' rows 1", logger="DB.pm:33 Billing::DB::do")

    @bl.every(9, first=7)
    async def monthly_run(c):
        due = [(k, v) for k, v in sched.items() if v["on"] and c.rng.random() < 0.3][:12]
        if not due: return
        n["run"] += 1
        c.log.info(f"run {n['run']} begins, {len(due)} schedules due", logger="Run.pm:15 Billing::Run::start")
        for no, v in due:
            n["inv"] += 1
            inv = f"R2026{n['inv']:06d}"
            v["left"] -= 1
            async with c.span("invoice") as s:
                await s.work(10)
                s.log.info(f"{inv} for {no}: {v['rate']}", logger="Run.pm:44 Billing::Run::item")
            await c.publish("invoice.issued", {"inv": inv, "lv": v["lv"], "eur": v["rate"], "vat": v["vat"]})
        async with c.span("POST bank/sepa", "CLIENT") as s:
            await s.work(180)
            back = [d for d in due if c.rng.random() < 0.1]
            s.log.info(f"pain.008 of run {n['run']} sent, {len(back)} returns", logger="Sepa.pm:101 Billing::Sepa::submit")
        for no, v in back:
            async with c.producer("debit.returned") as p:
                await p.send({"lv": v["lv"], "inv": f"run {n['run']}", "no": no})
                p.log.warn(f"debit of {no} came back (AM04)", logger="Sepa.pm:130 Billing::Sepa::returned")
    bl.noise(8, lambda log: log.debug("nothing in spool", logger="Spool.pm:9 Billing::Spool::look"))

    # ---- mailroom
    @mr.http("POST /render")
    async def render(c, b):
        async with c.span("typst") as s:
            await s.work(85)
            if c.rng.random() < 0.5: s.log.debug("compiled", logger="typst", template=b["tpl"])
        doc = f"{c.rng.getrandbits(32):08X}"
        c.log.info(f"rendered {b['tpl']} for {b['key']}", logger="render", doc=doc, incoming=True)
        return 200, {"doc": doc}

    for topic, text in (("quote.decided", "your quote {quote}"), ("contract.active", "welcome, {lv} is running"), ("contract.cancelled", "{lv} will not come about ({why})"), ("contract.ended", "final statement of {lv}"), ("invoice.issued", "invoice {inv}")):
        @mr.consumer(topic, concurrency=6)
        async def letter(c, m, text=text):
            async with c.span("smtp", "CLIENT") as s:
                await s.work(45, 0.5)
                if c.rng.random() < 0.4: s.log.debug("250 2.0.0 Ok", logger="smtp")
            c.log.info("sent: " + text.format(**m.body), logger="letters", vat=m.body["vat"], incoming=True)
    mr.noise(6, lambda log: log.info("queue depth %d" % w.rng.randrange(5), logger="queue"))

    # ---- gl
    async def post(c, ref, what, eur, incoming=True):
        n["je"] += 1
        je = n["je"]
        async with c.span("GL_INTERFACE insert", "CLIENT") as s:
            await s.work(9)
            if c.rng.random() < 0.6: s.log.debug(f"insert into GL_INTERFACE reference1={ref}", logger="jdbc", code="GL-00003")
        c.log.info(f"Journal {je} posted: {what}, reference {ref}, EUR {eur}", logger="post", code="GL-00012", incoming=incoming)
        return je

    @gl.http("POST /journal")
    async def journal(c, b):
        return 201, {"je": await post(c, b["ref"], b["what"], b["eur"])}

    @gl.consumer("invoice.issued", retries=2, retry_ms=350)
    async def revenue(c, m):
        if c.rng.random() < 0.05 and m.attempt < 3:
            c.log.warn(f"period lock, {m.body['inv']} goes back to the queue", logger="aq", code="GL-00031", incoming=True)
            raise Exception("lock")
        await post(c, m.body["inv"], "LEASE INCOME", m.body["eur"])

    @gl.consumer("contract.ended")
    async def derecognise(c, m):
        await post(c, m.body["lv"].replace("-", ""), "DERECOGNITION", m.body["eur"])

    @gl.consumer("contract.cancelled")
    async def nothing_to_do(c, m):
        await c.work(4)
    gl.noise(8, lambda log: log.info("Concurrent manager alive", logger="cm", code="GL-00001"))


async def load(w):
    r = w.rng

    async def firm(i):
        vat = f"DE{r.randrange(10 ** 9):09d}"
        st, a = await w.start("kong", "POST /quotes", {"vat": vat, "guarantor": f"ATU{r.randrange(10 ** 8):08d}" if r.random() < 0.5 else None, "asset": r.choice(["forklift", "CNC mill", "excavator 8t", "press brake"]), "eur": 1000 * r.randrange(8, 190)})
        if st != 201 or i % 5 == 4: return
        await sleep(r.uniform(300, 2000))
        st, a = await w.start("kong", "POST /contracts", {"quote": a["quote"], "signers": r.choice([1, 2, 2, 3])})
        lv = a["lv"]
        if i % 4 == 1:
            await sleep(r.uniform(200, 3000))
            await w.start("kong", f"GET /contracts/{lv}")
        await sleep(r.uniform(5000, 9000))
        if i % 6 == 2: await w.start("kong", f"POST /contracts/{lv}/amendments", {"months": r.choice([6, 12, 24])})
        if i % 6 == 3: await w.start("kong", f"POST /contracts/{lv}/termination", {"why": r.choice(["sold", "insolvent", "upgrade"])})
    await arrivals(w, 75, 2.4, firm)
    await sleep(9000)

record(build, load, "q_lease")
