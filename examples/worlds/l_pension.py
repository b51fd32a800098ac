"""Pension fund: employers file monthly contributions, each line is validated as a message and the filing joined, collected by direct debit (the bank
answers much later, sometimes with a return), posted, invested at the next pricing point; transfers in, retirements with a cooling period, enquiries."""
import json
from world import *


def m3(r): return "%03d" % (r.time.microsecond // 1000)

def apache(r):         # portal: Apache, whole seconds, microseconds taken
    if not r.fields: return f"[{r.time:%a %b %d %H:%M:%S}.{r.time.microsecond:06d} {r.time:%Y}] [mpm_event:{'notice' if r.level == 'INFO' else r.level.lower()}] [pid {r.pid}:tid 1] AH00489: {r.message}"
    f = r.fields
    tail = f" {r.trace_id}/{r.span_id}" if r.trace_id else " -"
    return f'{f["ip"]} - {f["user"]} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "{f["req"]} HTTP/1.1" {f["st"]} {f["n"]} {f["us"]}{tail}' + (f" {r.incoming}" if r.incoming else "")

def log4j1(r):         # filing
    ndc = f"{r.trace_id} {r.span_id}" + (f" {r.incoming_parent}" if r.incoming_parent else "") if r.trace_id else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{m3(r)} {r.level:<5} [WorkManager({r.thread})-{r.pid % 40}] {r.logger} ({ndc}) - {r.message}"

def pyjson(r):         # rules
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{m3(r)}", "levelname": r.level.replace("WARN", "WARNING"), "name": r.logger, "message": r.message} | r.fields
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id, "otelServiceName": "rules"}
    if r.incoming: d["otelParent"] = r.incoming
    return json.dumps(d)

def monolog(r):        # members
    ex = {"trace": {"id": r.trace_id, "span": r.span_id}} if r.trace_id else {}
    if r.incoming_parent: ex["trace"]["parent"] = r.incoming_parent
    return json.dumps({"message": r.message, "context": r.fields, "level": {"DEBUG": 100, "INFO": 200, "WARN": 300, "ERROR": 400}[r.level], "level_name": r.level.replace("WARN", "WARNING"),
                       "channel": r.logger, "datetime": f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00", "extra": ex}, separators=(",", ":"))

def katip(r):          # ledger, Haskell
    lv = {"WARN": "Warning", "ERROR": "Error", "INFO": "Info", "DEBUG": "Debug"}[r.level]
    t = f"[trace:{r.trace_id}][span:{r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: t += f"[parent:{r.incoming_parent}]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond:06d}][ledger.{r.logger}][{lv}][ldg-2][PID {r.pid}][ThreadId {40 + r.thread}]{t}" + "".join(f"[{k}:{v}]" for k, v in r.fields.items()) + f" {r.message}"

def serilog(r):        # units: text template
    lv = {"DEBUG": "DBG", "INFO": "INF", "WARN": "WRN", "ERROR": "ERR"}[r.level]
    t = f" {{{r.trace_id}|{r.span_id}" + (f"|{r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{m3(r)} {lv}]{t} <{r.logger}> {r.message}"

def mainframe(r):      # bankgw: message codes
    sev = {"DEBUG": "D", "INFO": "I", "WARN": "W", "ERROR": "E"}[r.level]
    t = f" TRC={r.trace_id} SPN={r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" PAR={r.incoming_parent}"
    return f"{r.time:%Y}.{r.time:%j} {r.time:%H:%M:%S}.{r.time.microsecond // 10000:02d} BGW{r.logger}{sev}{t} {r.message}"

def ecs(r):            # letters
    d = {"@timestamp": isoz(r), "log.level": r.level.lower(), "message": r.message, "ecs.version": "1.6.0", "service.name": "letters", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming: d["http.request.headers.traceparent"] = r.incoming
    if r.fields: d["labels"] = r.fields
    return json.dumps(d)

def timbre(r):         # revenue: Clojure
    t = f" #{r.trace_id}:{r.span_id}" if r.trace_id else ""
    if r.incoming_parent: t += f" ^{r.incoming_parent}"
    return f"{r.time:%y-%m-%d %H:%M:%S}.{m3(r)} rev-1 {r.level} [revenue.{r.logger}]{t} - {r.message}" + (" {" + ", ".join(f":{k} {json.dumps(v)}" for k, v in r.fields.items()) + "}" if r.fields else "")


def build(w):
    w.network_ms, w.broker_ms = 1.1, 35
    cnt = [5]
    def jms():
        cnt[0] += 1
        return f"ID:mq1-{cnt[0]:x}-{w.ids.getrandbits(16):04x}:1:1"
    w.new_message_id = jms
    w.filings, w.debits, w.cases, toinvest, cooling = {}, {}, {}, [], {}
    n = {"f": 70311, "e": 441000, "d": 9000, "p": 1180}
    P = "nl.fonds.filing."

    portal = w.service("portal", apache)
    filing = w.service("filing", log4j1, errors=lambda c, e: c.log.error(f"MDB onMessage failed\njavax.ejb.EJBException: {e}\n\tat nl.fonds.filing.mdb.Base.onMessage(Base.java:58)\n\t... 14 more", logger="nl.fonds.filing.mdb.Base"))
    rules = w.service("rules", pyjson, errors=lambda c, e: c.log.error("task raised", logger="celery.worker", exc_info=f"Traceback (most recent call last): RuntimeError: {e}"))
    members = w.service("members", monolog, errors=lambda c, e: c.log.error("Handler exception", logger="messenger", exception=str(e)))
    ledger = w.service("ledger", katip, errors=lambda c, e: c.log.error(f"uncaught: {e}", logger="main"))
    units = w.service("units", serilog, errors=lambda c, e: c.log.error(f"Message moved to error queue: {e}", logger="NServiceBus"))
    bank = w.service("bankgw", mainframe, errors=lambda c, e: c.log.error(f"ABEND S0C4 REASON {e}", logger="9999"))
    letters = w.service("letters", ecs, errors=lambda c, e: c.log.error("render failed", logger="worker", error=str(e)))
    rev = w.service("revenue", timbre, errors=lambda c, e: c.log.error(f"dead: {e}", logger="bus"))

    # ------------------------------------------------ portal
    @portal.http("ANY *")
    async def pass_on(c, b):
        path = b["_route"].split(" ")[1]
        to = {"filings": "filing", "members": "members", "transfers": "members", "retirements": "members", "bank": "bankgw"}[path.split("/")[1]]
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", ip=f"145.{c.rng.randrange(4)}.7.{c.rng.randrange(250)}", user=b.get("user", "-"), req=b["_route"], st=st, n=c.rng.randrange(20, 900), us=int(c.elapsed_ms() * 1000), incoming=True)
        return st, a
    portal.noise(11, lambda log: log.info("Apache/2.4.58 (Unix) configured -- resuming normal operations"))

    # ------------------------------------------------ filing
    @filing.http("POST /filings")
    async def upload(c, b):
        n["f"] += 1
        f = f"F{n['f']}"
        c.log.info(f"Filing {f} received from employer {b['employer']}: period {b['period']}, {len(b['lines'])} lines", logger=P + "UploadServlet", incoming=True)
        await c.work(8)
        w.filings[f] = {"employer": b["employer"], "state": "VALIDATING", "need": len(b["lines"]), "ok": [], "bad": 0, "seen": set()}
        for i, (bsn, cents) in enumerate(b["lines"]):
            async with c.producer("contrib.line") as p:
                mid = await p.send({"filing": f, "no": i + 1, "member": bsn, "cents": cents, "period": b["period"]})
                if i % 2 == 0: p.log.debug(f"line {i + 1} of {f} queued as {mid}", logger=P + "LineSplitter")
        return 202, {"filing": f}

    @filing.http("GET /filings/{f}")
    async def status(c, b):
        f = b["_route"].split("/")[-1]
        async with c.span("select filing", "CLIENT") as s:
            await s.work(3)
        c.log.debug(f"status of {f}: {w.filings[f]['state']}", logger=P + "StatusServlet", incoming=True)
        return 200, {"state": w.filings[f]["state"]}

    @filing.http("POST /filings/{f}/withdraw")
    async def withdraw(c, b):
        f = b["_route"].split("/")[-2]
        x = w.filings[f]
        await c.work(5)
        if x["state"] not in ("VALIDATING", "COLLECTING"):
            c.log.warn(f"{f} can not be withdrawn, it is {x['state']}", logger=P + "WithdrawServlet", incoming=True)
            return 409, {}
        x["state"] = "WITHDRAWN"
        async with c.client("bankgw", f"POST /debits/{f}/cancel") as k:
            st, _ = await k.send({})
            k.log.info(f"bank gateway answered {st} to cancellation for {f}", logger=P + "BankClient")
        async with c.producer("filing.withdrawn") as p:
            await p.send({"filing": f})
            p.log.info(f"{f} withdrawn by {x['employer']}", logger=P + "WithdrawServlet")
        return 200, {}

    @filing.consumer("contrib.checked")
    async def join(c, m):
        f = m.body["filing"]
        x = w.filings[f]
        if m.body["no"] in x["seen"]: return
        x["seen"].add(m.body["no"])
        if m.body["ok"]: x["ok"].append((m.body["member"], m.body["cents"]))
        else: x["bad"] += 1
        async with c.span("update line", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"update filing_line set state='{'OK' if m.body['ok'] else 'NOK'}' where filing='{f}' and line_no={m.body['no']}", logger="org.hibernate.SQL")
        if len(x["seen"]) < x["need"] or x["state"] != "VALIDATING": return
        if not x["ok"]:
            x["state"] = "REJECTED"
            c.log.error(f"Filing {f} rejected entirely", logger=P + "Joiner", incoming=True)
            await c.publish("filing.rejected", {"filing": f, "employer": x["employer"]})
            return
        x["state"] = "COLLECTING"
        total = sum(k for _, k in x["ok"])
        c.log.info(f"Filing {f} complete: {len(x['ok'])} good, {x['bad']} bad, collecting {total / 100:.2f}", logger=P + "Joiner", incoming=True)
        async with c.client("bankgw", "POST /debits") as k:
            st, a = await k.send({"ref": f, "cents": total, "creditor": "FONDS"})
            k.log.debug(f"debit for {f} lodged: {a['e2e']}", logger=P + "BankClient")

    @filing.consumer("debit.settled", retries=2)
    async def settled(c, m):
        f = m.body["ref"]
        x = w.filings[f]
        async with c.span("update filing", "CLIENT") as s:
            await s.work(6)
            if c.rng.random() < 0.05 and m.attempt < 3:
                s.log.warn(f"ORA-00060 deadlock on {f}, message {m.id} goes back (delivery {m.attempt})", logger=P + "mdb.SettledBean")
                raise Exception("deadlock")
        x["state"] = "PAID"
        for member, cents in x["ok"]:
            await c.publish("contrib.paid", {"filing": f, "member": member, "cents": cents})
        c.log.info(f"{f} paid, {len(x['ok'])} contributions released", logger=P + "mdb.SettledBean", incoming=True)

    @filing.consumer("debit.returned")
    async def returned(c, m):
        f = m.body["ref"]
        w.filings[f]["state"] = "BOUNCED"
        c.log.warn(f"Direct debit of {f} came back ({m.body['reason']})", logger=P + "mdb.ReturnedBean", incoming=True)
        await c.work(5)
        async with c.producer("filing.bounced") as p:
            await p.send({"filing": f, "employer": w.filings[f]["employer"], "reason": m.body["reason"]})
    filing.noise(5, lambda log: log.debug(f"MQ session pool: {w.rng.randrange(2, 9)} in use", logger="nl.fonds.mq.Pool"))

    # ------------------------------------------------ rules
    @rules.consumer("contrib.line", retries=1, concurrency=8)
    async def validate(c, m):
        x = m.body
        async with c.client("members", f"GET /members/{x['member']}") as k:
            st, mem = await k.send({})
            if st == 200: k.log.debug(f'HTTP Request: GET http://members:8080/members/{x["member"]} "HTTP/1.1 200 OK"', logger="httpx")
            else: k.log.warning("member lookup", logger="httpx", status=st, member_no=x["member"])
        ok, why = st == 200, "unknown member"
        if ok:
            async with c.span("salary band") as s:
                await s.work(7)
                if c.rng.random() < 0.06: ok, why = False, "above maximum"
                if c.rng.random() < 0.7: s.log.debug("band %s for %d cents" % ("ABCD"[x["cents"] % 4], x["cents"]), logger="rules.bands")
        if ok: c.log.info("line ok", logger="rules.validate", filing_ref=x["filing"], line=x["no"], incoming=True)
        else: c.log.warning("line refused: %s" % why, logger="rules.validate", filing_ref=x["filing"], line=x["no"], member_no=x["member"], incoming=True)
        await c.publish("contrib.checked", {"filing": x["filing"], "no": x["no"], "ok": ok, "member": x["member"], "cents": x["cents"]}, producer_span=c.rng.random() < 0.2)
    rules.noise(7, lambda log: log.info("beat: rules refreshed, version 2026.%d" % w.rng.randrange(1, 12), logger="celery.beat"))

    # ------------------------------------------------ members
    @members.http("GET /members/{no}")
    async def member(c, b):
        no = b["_route"].split("/")[-1]
        await c.work(4)
        if no.endswith("13"):
            c.log.info("Member not found", logger="request", member=no, incoming=True)
            return 404, {}
        if c.rng.random() < 0.6: c.log.debug("Member read", logger="doctrine", sql="SELECT m0_.id, m0_.born FROM member m0_ WHERE m0_.no = ?", params=[no], incoming=True)
        return 200, {"no": no}

    def case(kind, prefix):
        @members.http(f"POST /{kind}")
        async def start_case(c, b):
            n["e"] += c.rng.randrange(1, 9)
            e = f"{prefix}{n['e']}"
            w.cases[e] = {"state": "open", "member": b["member"]}
            async with c.span("INSERT case", "CLIENT") as s:
                await s.work(5)
            c.log.info(f"Case opened: {kind[:-1]}", logger="case", caseId=e, member=b["member"], incoming=True)
            if kind == "transfers":
                async with c.client("bankgw", "POST /claims") as k:
                    k.log.debug("Asking other fund for its value", logger="http_client", caseId=e, fund=b["fund"])
                    await k.send({"ref": e, "fund": b["fund"]})
            else:
                await asyncio.gather(c.call("revenue", f"POST /levy/{b['member']}", {"case": e}), c.call("units", f"GET /holdings/{b['member']}"))
                await c.publish("retirement.asked", {"case": e, "member": b["member"]})
                c.spawn(cool(c, e))
            return 202, {"case": e}
    case("transfers", "TI-"); case("retirements", "RT-")

    async def cool(c, e):
        await sleep(c.rng.uniform(3000, 5000))
        if w.cases[e]["state"] != "open":
            c.log.info("Cooling period ended, but case is revoked", logger="case", caseId=e)
            return
        w.cases[e]["state"] = "granted"
        async with c.producer("retirement.granted") as p:
            p.log.info("Cooling period over, granting", logger="case", caseId=e)
            await p.send({"case": e, "member": w.cases[e]["member"]})

    @members.http("DELETE /retirements/{case}")
    async def revoke(c, b):
        e = b["_route"].split("/")[-1]
        await c.work(4)
        if w.cases[e]["state"] == "open": w.cases[e]["state"] = "revoked"
        c.log.info("Revocation: " + w.cases[e]["state"], logger="case", caseId=e, incoming=True)
        return 200, {}

    @members.consumer("transfer.value")
    async def value(c, m):
        async with c.span("UPDATE case", "CLIENT") as s:
            await s.work(4)
            s.log.debug("Query", logger="doctrine", sql="UPDATE pension_case SET value = ? WHERE id = ?", params=[m.body["cents"], m.body["ref"]])
        w.cases[m.body["ref"]]["state"] = "received"
        c.log.info("Transfer value came in", logger="messenger", case=m.body["ref"], bankRef=m.body["e2e"], incoming=True)
        await c.publish("contrib.paid", {"filing": m.body["ref"], "member": w.cases[m.body["ref"]]["member"], "cents": m.body["cents"]})

    # ------------------------------------------------ bank gateway
    def e2e():
        n["d"] += 1
        return f"E2E{n['d']:08d}"

    @bank.http("POST /debits")
    async def lodge(c, b):
        x = e2e()
        c.log.info(f"PAIN.008 BUILT FOR {b['ref']} E2E {x} AMT {b['cents'] / 100:.2f} EUR", logger="0110", incoming=True)
        async with c.span("MQPUT BANK.OUT", "CLIENT") as s:
            await s.work(14)
        w.debits[b["ref"]] = "OPEN"
        c.spawn(bank_answer(c, x, b["ref"], b["cents"]))
        return 202, {"e2e": x}

    async def bank_answer(c, x, ref, cents):
        await sleep(c.rng.uniform(900, 4500))
        if w.debits[ref] == "CANCELLED":
            c.log.info(f"CAMT.029 {x} CANCELLED AS ASKED", logger="0331")
            return
        bad = c.rng.random() < 0.12
        w.debits[ref] = "BACK" if bad else "DONE"
        async with c.producer("debit.returned" if bad else "debit.settled") as p:
            p.log(*(("WARN", f"PACS.004 RETURN {x} CODE AM04") if bad else ("INFO", f"CAMT.054 CREDIT {x}")), logger="0320")
            await p.send({"ref": ref, "e2e": x, "reason": "AM04", "cents": cents})

    @bank.http("POST /debits/{ref}/cancel")
    async def cancel(c, b):
        ref = b["_route"].split("/")[-2]
        await c.work(11)
        c.log.info(f"CAMT.055 CANCEL REQUEST FOR {ref}", logger="0330", incoming=True)
        if w.debits.get(ref) != "OPEN": return 404, {}
        w.debits[ref] = "CANCELLED"
        return 200, {}

    @bank.http("POST /claims")
    async def claim(c, b):
        x = e2e()
        await c.work(20)
        c.log.info(f"CLAIM {x} TO {b['fund']} FOR {b['ref']}", logger="0410", incoming=True)
        c.spawn(claimed(c, x, b["ref"]))
        return 202, {}

    async def claimed(c, x, ref):
        await sleep(c.rng.uniform(1500, 6000))
        async with c.producer("transfer.value") as p:
            await p.send({"ref": ref, "e2e": x, "cents": c.rng.randrange(400_000, 9_000_000)})
            p.log.info(f"CAMT.054 CREDIT {x}", logger="0320")

    @bank.consumer("payout.due", retries=2, retry_ms=700)
    async def payout(c, m):
        x = e2e()
        async with c.span("MQPUT BANK.OUT", "CLIENT") as s:
            await s.work(18)
            if c.rng.random() < 0.1 and m.attempt < 3:
                s.log.warn(f"MQRC 2009 CONNECTION BROKEN, {m.body['case']} REQUEUED", logger="0901")
                raise Exception("2009")
        c.log.info(f"PAIN.001 SENT {x} CASE {m.body['case']}", logger="0120", incoming=True)
    bank.noise(4, lambda log: log.debug(f"HEARTBEAT BANK LINK {w.rng.randrange(1, 3)} RC=0000", logger="0001"))

    # ------------------------------------------------ ledger
    def entry(topic, text):
        @ledger.consumer(topic, retries=4, retry_ms=90)
        async def post(c, m):
            j = f"{c.rng.getrandbits(32):08x}"
            async with c.span("serializable tx", "CLIENT") as s:
                await s.work(9)
                if c.rng.random() < 0.04 and m.attempt < 4:
                    s.log.warn("serialization_failure, retrying", logger="pg", attempt=m.attempt)
                    raise Exception("40001")
                s.log.debug("committed", logger="pg", journal=j)
            c.log.info(text.format(**m.body), logger="post", journal=j, incoming=True)
            if topic == "contrib.paid":
                async with c.producer("money.ready") as p:
                    await p.send(m.body | {"journal": j})
                    if int(j, 16) % 3: p.log.debug("told units", logger="bus", journal=j)
    entry("contrib.paid", "booked {cents} for member {member} from {filing}"); entry("retirement.granted", "member {member} moved to the benefits account")
    entry("filing.bounced", "{filing} reversed, receivable of employer {employer}"); entry("invested", "{member} now holds units, order {order}")
    ledger.noise(8, lambda log: log.info(f"trial balance 0.00 over {w.rng.randrange(4000, 9000)} accounts", logger="audit"))

    # ------------------------------------------------ units: invests at the pricing point, a batch
    @units.consumer("money.ready")
    async def collect(c, m):
        c.log.debug(f"Money of {m.body['member']} waits for price (journal {m.body['journal']})", logger="Inbox", incoming=True)
        toinvest.append((c, m.body))

    async def pricing(c, rows):
        n["p"] += 1
        async with c.span("load prices", "CLIENT") as s:
            await s.work(30)
            s.log.debug(f"Prices of point {n['p']} loaded in {s.elapsed_ms():.1f} ms", logger="Prices")
        c.log.info(f"Pricing point {n['p']}: investing {len(rows)} amounts", logger="PricingRun")
        for o, x in rows:
            c.link(o)
            no = f"ORD{n['p']}-{rows.index((o, x)) + 1}"
            async with c.span("buy units") as s:
                await s.work(6)
                s.log.info(f"{no}: {x['cents'] / 100 / 17.31:.4f} units for member {x['member']}", logger="PricingRun")
                await s.publish("invested", {"order": no, "member": x["member"], "cents": x["cents"]}, producer_span=False)
        c.log.info(f"Pricing point {n['p']} done after {c.elapsed_ms():.0f} ms", logger="PricingRun")
    async def pricer():
        while not w.closing:
            await sleep(4000)
            rows, toinvest[:] = toinvest[:9], toinvest[9:]
            if rows: await units._root("pricing point", "INTERNAL", pricing, rows)
    w.background.append(pricer)

    @units.http("GET /holdings/{member}")
    async def holdings(c, b):
        await c.work(6)
        c.log.info(f"HTTP GET {b['_route'].split(' ')[1]} responded 200 in {c.elapsed_ms():.4f} ms", logger="RequestLogging", incoming=True)
        return 200, {}

    @units.consumer("retirement.granted")
    async def sell(c, m):
        c.log.info(f"Selling all of member {m.body['member']}", logger="Sales", incoming=True)
        async with c.span("sell units") as s:
            await s.work(50)
            s.log.debug(f"Sold at price point {n['p']}", logger="Sales")
        async with c.producer("payout.due") as p:
            await p.send(m.body)
            p.log.debug(f"Published payout.due for {m.body['case']}", logger="NServiceBus")

    # ------------------------------------------------ letters
    def letter(topic, name, ref):
        @letters.consumer(topic, retries=2)
        async def write(c, m):
            async with c.span("render pdf") as s:
                await s.work(90, 0.6)
                s.log.debug(f"rendered {name}.pdf, {c.rng.randrange(20, 180)} KiB", logger="pdf")
            c.log.info(f"Letter '{name}' sent", logger="worker", reference=m.body[ref], jms_id=m.id, incoming=True)
    letter("filing.rejected", "rejection", "filing"); letter("filing.bounced", "dunning", "filing"); letter("filing.withdrawn", "withdrawal", "filing")
    letter("retirement.asked", "cooling-off", "case"); letter("payout.due", "benefit", "case"); letter("transfer.value", "transfer-in", "ref"); letter("debit.settled", "receipt", "e2e")
    letters.noise(9, lambda log: log.debug("spool empty", logger="spool"))

    # ------------------------------------------------ revenue
    @rev.http("POST /levy/{member}")
    async def levy(c, b):
        mno = b["_route"].split("/")[-1]
        async with c.span("ask tax office", "CLIENT") as s:
            await s.work(140, 0.6)
            s.log.debug("tax office replied", logger="client", ms=int(s.elapsed_ms()))
        c.log.info(f"levy for {mno} set", logger="levy", case=b["case"], pct=c.rng.choice([9.3, 19.1, 36.9]), incoming=True)
        return 200, {}

    @rev.consumer("payout.due")
    async def report(c, m):
        await c.work(25)
        c.log.info("wage declaration line added", logger="decl", case=m.body["case"], incoming=True)


async def load(w):
    r = w.rng
    who = lambda: f"{r.randrange(1000, 9999)}{r.choice(['13', '27', '31', '44', '58', '60', '72', '85', '91', '99', '06', '18'])}"

    async def one(i):
        k = i % 10
        if k < 5:
            st, a = await w.start("portal", "POST /filings", {"user": f"emp{r.randrange(10, 60)}", "employer": f"L{r.randrange(10000, 99999)}", "period": "2026-%02d" % r.randrange(1, 13),
                                                              "lines": [(who(), r.randrange(9000, 90000)) for _ in range(r.choice([1, 1, 2, 2, 3]))]})
            if i % 20 == 2:
                await sleep(r.uniform(100, 2500))
                await w.start("portal", f"POST /filings/{a['filing']}/withdraw", {"user": "-"})
            elif i % 4 == 1:
                for _ in range(r.randrange(1, 4)):
                    await sleep(r.uniform(500, 2500))
                    await w.start("portal", f"GET /filings/{a['filing']}", {"user": "-"})
        elif k < 7: await w.start("portal", "POST /transfers", {"user": "-", "member": who(), "fund": r.choice(["PF-METAAL", "PF-ZORG", "PF-BOUW"])})
        elif k < 9:
            st, a = await w.start("portal", "POST /retirements", {"user": "-", "member": who()})
            if i % 30 == 8:
                await sleep(r.uniform(500, 2500))
                await w.start("portal", f"DELETE /retirements/{a['case']}", {"user": "-"})
        else: await w.start("portal", f"GET /members/{who()}", {"user": "adv"})
    await arrivals(w, 120, 2.6, one)
    await sleep(9000)

record(build, load, "l_pension")
