"""Contract e-signing: envelopes, identity proofing by a partner (webhook), signing with timestamps, notary, archive. Process engine with commands and replies as a state machine."""
import hashlib, json
from world import *


def rails(r):                       # portal: Rails tagged logging + semantic ids
    tags = f"[{r.fields.get('req', 'none')}] " if r.fields.get("req") else ""
    if r.trace_id: tags += f"[trace_id={r.trace_id} span_id={r.span_id}] "
    more = f" traceparent={r.incoming}" if r.incoming else ""
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tags}{r.message}{more}"


def log4j2(r):                      # engine: %d %-5p [%t] %c{1} %X - %m
    mdc = dict(r.fields)
    if r.trace_id: mdc |= {"span_id": r.span_id, "trace_flags": "01", "trace_id": r.trace_id}
    if r.incoming_parent: mdc["parent_id"] = r.incoming_parent
    return f"{r.time:%d %b %Y %H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [worker-{r.thread}] {r.logger} {{{', '.join(f'{k}={v}' for k, v in sorted(mdc.items()))}}} - {r.message}"


def loguru(r):                      # renderer
    extra = dict(r.fields)
    if r.trace_id: extra |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id}
    if r.incoming: extra["traceparent"] = r.incoming
    lvl = "WARNING" if r.level == "WARN" else r.level
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {lvl:<8} | {r.logger} - {r.message}" + (f" | {extra}" if extra else "")


def slog_text(r):                   # identity: Go slog TextHandler
    def q(v):
        v = str(v)
        return json.dumps(v) if any(c in v for c in ' ="') or not v else v
    kv = "".join(f" {k}={q(v)}" for k, v in r.fields.items())
    if r.trace_id: kv += f" traceID={r.trace_id} spanID={r.span_id}"
    if r.incoming: kv += f" traceparent={r.incoming}"
    return f"time={isoz(r)} level={r.level} msg={q(r.message)}{kv}"


def zerolog_json(r):                # proofid: the partner's sandbox
    d = {"level": r.level.lower(), **r.fields}
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parent"] = r.incoming_parent
    return json.dumps(d | {"time": r.ns // 1_000_000, "message": r.message}, separators=(",", ":"))


def syslog3164(r):                  # hsm-signer: C++ daemon to syslog, whole seconds
    pri = {"DEBUG": 135, "INFO": 134, "WARN": 132, "ERROR": 131}[r.level]
    ids = f" [trace={r.trace_id} span={r.span_id}]" if r.trace_id else ""
    inc = f" parent={r.incoming_parent}" if r.incoming_parent else ""
    return f"<{pri}>{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} hsm02 signerd[{r.pid}]:{ids} {r.message}{inc}"


def nlog(r):                        # tsa: NLog ${longdate}|${level}|${logger}|...
    lvl = {"DEBUG": "Debug", "INFO": "Info", "WARN": "Warn", "ERROR": "Error"}[r.level]
    inc = f"|ParentId: {r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.ns % NS // 100000:04d}|{lvl.upper()}|{r.logger}|{r.trace_id or ''}|{r.span_id or ''}|{r.message}{inc}"


def log4net(r):                     # notariat, German
    ndc = f"{r.trace_id}/{r.span_id}" if r.trace_id else "(null)"
    inc = f" (Aufrufer {r.incoming_parent})" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread}] {r.level:<5} {r.logger} [{ndc}] - {r.message}{inc}"


def rust_json(r):                   # archive: tracing-subscriber json
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message, **r.fields}, "target": r.logger}
    if r.trace_id: d |= {"span": {"name": "handle"}, "traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["fields"]["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))


def winston(r):                     # postbox: winston simple/printf
    meta = dict(r.fields)
    if r.trace_id: meta |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: meta["traceparent"] = r.incoming
    return f"{isoz(r)} {'warn' if r.level == 'WARN' else r.level.lower()}: {r.message}" + (" " + json.dumps(meta, separators=(",", ":")) if meta else "")


def build(w):
    w.network_ms, w.broker_ms = 1.6, 9
    num = [w.rng.randrange(10 ** 6)]

    def mid():
        num[0] += 1
        return str(num[0])
    w.new_message_id = mid

    portal = w.service("portal", rails)
    engine = w.service("engine", log4j2, errors=lambda c, e: c.log.error(f"Job failed, incident raised: {e}", logger="IncidentHandler"))
    renderer = w.service("renderer", loguru, errors=lambda c, e: c.log.error(f"job crashed\nTraceback (most recent call last):\n  File \"/app/renderer/worker.py\", line 61, in handle\n    doc = assemble(cmd)\nRuntimeError: {e}", logger="renderer.worker:handle:66"))
    identity = w.service("identity", slog_text, errors=lambda c, e: c.log.error("giving up", err=e))
    proofid = w.service("proofid-sandbox", zerolog_json)
    signer = w.service("hsm-signer", syslog3164)
    tsa = w.service("tsa", nlog)
    notariat = w.service("notariat", log4net, errors=lambda c, e: c.log.error(f"Vorgang abgebrochen: {e}", logger="Notariat.Bus"))
    archive = w.service("archive", rust_json, errors=lambda c, e: c.log.error("failed", reason=str(e), logger="archive::consumer"))
    postbox = w.service("postbox", winston, errors=lambda c, e: c.log.error("could not process message", error=str(e)))

    w.env, deposits = {}, []
    ur = iter(range(w.rng.randrange(800, 3000), 99999))
    serial = [w.rng.randrange(40000, 60000)]

    # ------------------------------------------------------------ portal
    def request_line(ctx, body, req):
        verb, path = body["_route"].split(" ", 1)
        ctx.log.info(f'Started {verb} "{path}" for 192.0.2.{ctx.rng.randrange(1, 250)} at {w.base // NS}', incoming=True, req=req)

    @portal.http("POST /envelopes")
    async def create(ctx, body):
        req = "%08x-%04x" % (ctx.rng.getrandbits(32), ctx.rng.getrandbits(16))
        request_line(ctx, body, req)
        env = "env_" + "".join(ctx.rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10))
        ctx.log.info(f"Processing by EnvelopesController#create as JSON", req=req)
        async with ctx.span("envelopes insert", "CLIENT") as db:
            await db.work(5)
            db.log.debug(f"  Envelope Create ({db.elapsed_ms():.1f}ms)  INSERT INTO \"envelopes\" (\"token\", \"state\") VALUES ('{env}', 'draft')", req=req)
        s, _ = await ctx.call("engine", "POST /processes", {"env": env, **{k: body[k] for k in ("signers", "notarise", "pages")}})
        ctx.log.info(f"Completed 201 Created in {ctx.elapsed_ms():.0f}ms (Views: 0.3ms | ActiveRecord: 4.{ctx.rng.randrange(9)}ms)", req=req)
        return 201, {"env": env}

    @portal.http("POST /envelopes/{id}/signatures")
    async def sign(ctx, body):
        env = body["_route"].split("/")[2]
        req = "%08x-%04x" % (ctx.rng.getrandbits(32), ctx.rng.getrandbits(16))
        request_line(ctx, body, req)
        async with ctx.client("engine", f"POST /processes/{env}/sign") as c:
            s, a = await c.send({"signer": body["signer"], "otp": body["otp"]})
        ctx.log.info(f"Completed {s} in {ctx.elapsed_ms():.0f}ms", req=req)
        return s, a

    @portal.http("POST /envelopes/{id}/decline")
    async def decline(ctx, body):
        env = body["_route"].split("/")[2]
        await ctx.work(4)
        async with ctx.producer("engine.decline") as p:
            await p.send({"env": env, "signer": body["signer"]})
            p.log.info(f"[ActiveJob] Enqueued DeclineJob to engine.decline with {env}, signer #{body['signer']}")
        return 202, {}

    @portal.http("GET /envelopes/{id}")
    async def show(ctx, body):
        env = body["_route"].split("/")[2]
        await ctx.call("engine", f"GET /processes/{env}", client_span=False)
        ctx.log.info(f"GET /envelopes/{env} 200 {ctx.elapsed_ms():.0f}ms", incoming=True)
        return 200, {}

    @portal.consumer("envelope.closed")
    async def closed(ctx, m):
        async with ctx.span("envelopes update", "CLIENT") as db:
            await db.work(4)
            db.log.debug(f"  Envelope Update (2.4ms)  UPDATE \"envelopes\" SET \"state\" = '{m.body['state']}' WHERE \"token\" = '{m.body['env']}'")
    portal.noise(3, lambda log: log.info("Started GET \"/up\" for 10.0.0.2"))

    # ------------------------------------------------------------ engine
    async def command(ctx, name, env, **more):
        """most commands are logged here, in the producer's span"""
        async with ctx.producer("cmd." + name) as p:
            p.log.debug(f"command -> {name}", logger="CommandGateway", process=env)
            await p.send({"process": env, **more})

    @engine.http("POST /processes")
    async def begin(ctx, body):
        env = body["env"]
        w.env[env] = {"signers": body["signers"], "todo": set(range(body["signers"])), "ident": set(range(body["signers"])), "state": "RENDERING", "notarise": body["notarise"], "who": {}}
        ctx.log.info(f"Process started ({body['signers']} signer(s){', notarised' if body['notarise'] else ''})", logger="ProcessService", process=env, incoming=True)
        async with ctx.span("act_ru_execution insert", "CLIENT") as db:
            await db.work(3)
        await command(ctx, "render", env, pages=body["pages"])
        return 201, {}

    @engine.consumer("reply.rendered")
    async def rendered(ctx, m):
        env = m.body["process"]
        e = w.env[env]
        if not m.body["ok"]:
            e["state"] = "FAILED"
            ctx.log.warning("Reply from renderer: FAILED, ending process", logger="ReplyRouter", process=env, incoming=True)
            await ctx.publish("envelope.closed", {"env": env, "state": "failed"})
            return
        e["state"], e["sha"] = "IDENTIFYING", m.body["sha"]
        ctx.log.info("render done, identification starts", logger="ReplyRouter", process=env, incoming=True)
        await asyncio.gather(*(command(ctx, "identify", env, signer=i) for i in range(e["signers"])))

    @engine.consumer("reply.identified")
    async def identified(ctx, m):
        env = m.body["process"]
        e = w.env[env]
        if m.body["result"] != "OK":
            if e["state"] == "REJECTED": return
            e["state"] = "REJECTED"
            ctx.log.warning(f"identification of signer {m.body['signer']} was {m.body['result']}; compensating", logger="Saga", process=env, incoming=True)
            await command(ctx, "discard", env)
            await ctx.publish("envelope.closed", {"env": env, "state": "rejected"})
            return
        e["ident"].discard(m.body["signer"])
        if e["ident"]:
            ctx.log.debug(f"signer {m.body['signer']} known, {len(e['ident'])} to go", logger="Saga", process=env)
            return
        e["state"], e["since"] = "OPEN", w.ns()
        await ctx.work(3)
        ctx.log.info("All signers identified, inviting", logger="Saga", process=env, incoming=True)
        await ctx.publish("mail.invite", {"envelope": env, "n": e["signers"]}, producer_span=False)

    @engine.http("POST /processes/{id}/sign")
    async def sign_step(ctx, body):
        env = body["_route"].split("/")[2]
        e = w.env[env]
        if body["otp"] == "000000":
            ctx.log.info("OTP mismatch", logger="SignController", process=env, signer=body["signer"], incoming=True)
            return 403, {}
        if e["state"] != "OPEN":
            return 409, {}
        async with ctx.client("hsm-signer", "POST /sign") as c:
            c.log.debug("requesting signature", logger="HsmClient", process=env, signer=body["signer"])
            s, a = await c.send({"digest": e["sha"], "subject": f"{env}#{body['signer']}"})
        if s != 200:
            ctx.log.error("HSM answered 503", logger="SignController", process=env)
            return 503, {}
        e["todo"].discard(body["signer"])
        ctx.log.info(f"signed by #{body['signer']}, serial {a['serial']}; open: {len(e['todo'])}", logger="SignController", process=env)
        if not e["todo"] and e["state"] == "OPEN":
            e["state"] = "SEALING"
            if e["notarise"]: await command(ctx, "notarise", env, urkunde=f"UR {next(ur)}/26")
            else: await command(ctx, "store", env, sha=e["sha"])
        return 200, {"serial": a["serial"]}

    @engine.consumer("reply.notarised")
    async def notarised(ctx, m):
        env = m.body["process"]
        ctx.log.info(f"notary result: {m.body['result']}", logger="ReplyRouter", process=env, incoming=True)
        if m.body["result"] == "refused":
            w.env[env]["state"] = "REFUSED"
            await command(ctx, "discard", env)
            await ctx.publish("envelope.closed", {"env": env, "state": "refused"})
        else:
            await command(ctx, "store", env, sha=w.env[env]["sha"])

    @engine.consumer("reply.stored", retries=1)
    async def stored(ctx, m):
        env = m.body["process"]
        async with ctx.span("act_hi_procinst update", "CLIENT") as db:
            db.log.debug("==> Preparing: update ACT_HI_PROCINST set END_TIME_ = ? where PROC_INST_ID_ = ?", logger="HistoricProcessMapper.update")
            await db.work(4)
        w.env[env]["state"] = "DONE"
        await ctx.publish("envelope.closed", {"env": env, "state": "completed"})
        ctx.log.info(f"Process ended after {m.body['leaf']}", logger="ProcessService", process=env)

    @engine.consumer("engine.decline")
    async def declined(ctx, m):
        env = m.body["env"]
        ctx.log.info(f"declined by signer {m.body['signer']}, message {m.id}", logger="DeclineListener", process=env, incoming=True)
        w.env[env]["state"] = "DECLINED"
        await command(ctx, "discard", env)
        await ctx.publish("envelope.closed", {"env": env, "state": "declined"})

    @engine.http("GET /processes/{id}")
    async def look(ctx, body):
        await ctx.work(1.5)
        ctx.log.debug("query process state", logger="ProcessController", process=body["_route"].split("/")[2], incoming=True)
        return 200, {}

    @engine.every(7)
    async def deadline_scan(ctx):
        late = [k for k, e in w.env.items() if e["state"] == "OPEN" and w.ns() - e["since"] > 4 * NS and not e.get("reminded")][:5]
        async with ctx.span("act_ru_job select", "CLIENT") as db:
            await db.work(6)
        ctx.log.info(f"deadline scan: {len(late)} due", logger="JobExecutor")
        for env in late:
            w.env[env]["reminded"] = True
            await ctx.publish("mail.remind", {"envelope": env, "n": len(w.env[env]["todo"])})
    engine.noise(5, lambda log: log.debug("acquired 0 jobs, backing off", logger="JobAcquisition"))

    # ------------------------------------------------------------ renderer
    @renderer.consumer("cmd.render", retries=2, concurrency=8)
    async def render(ctx, m):
        env = m.body["process"]
        ctx.log.info("rendering {} ({} pages)".format(env, m.body["pages"]), logger="renderer.worker:handle:41", incoming=True, msg_id=m.id)
        async with ctx.span("fetch template", "CLIENT") as c:
            await c.work(8)
            c.log.debug(f"GET s3://templates/{ctx.rng.choice(['lease', 'nda', 'sale'])}.docx", logger="renderer.store:get:19")
        async with ctx.span("compose pdf") as c:
            if m.body["pages"] > 4: c.log.debug(f"{m.body['pages']} pages -> soffice --headless", logger="renderer.office:convert:80")
            await c.work(40 * m.body["pages"])
            if ctx.rng.random() < 0.04 and m.attempt == 1:
                c.log.warning("soffice died, restarting", logger="renderer.office:convert:88")
                raise Exception("soffice")
        ok = ctx.rng.random() > 0.02
        sha = hashlib.sha1(env.encode()).hexdigest()
        if ok: ctx.log.info(f"done {env} sha={sha} in {ctx.elapsed_ms() / 1000:.2f}s", logger="renderer.worker:handle:58")
        else: ctx.log.error(f"cannot lay out {env}: missing clause", logger="renderer.worker:handle:55")
        await ctx.publish("reply.rendered", {"process": env, "ok": ok, "sha": sha}, producer_span=False)

    @renderer.consumer("cmd.discard")
    async def discard(ctx, m):
        await ctx.work(9)
        ctx.log.info(f"removed working copies of {m.body['process']}", logger="renderer.worker:discard:73")

    # ------------------------------------------------------------ identity and its partner
    cases = {}

    @identity.consumer("cmd.identify")
    async def identify(ctx, m):
        case = "IDC-%s-%d" % (m.body["process"][-5:].upper(), m.body["signer"])
        cases[case] = m.body
        async with ctx.client("proofid-sandbox", "POST /v2/cases") as c:
            s, _ = await c.send({"case": case})
            c.log.info("partner call", url="https://sandbox.proofid.example/v2/cases", status=s, case=case, dur=f"{c.elapsed_ms():.1f}ms")
        if s == 429:
            ctx.log.warn("partner throttles, waiting", case=case)
            await sleep(500)
            await ctx.call("proofid-sandbox", "POST /v2/cases", {"case": case, "again": True})

    @identity.http("POST /webhooks/proofid")
    async def webhook(ctx, body):
        ctx.log.info("webhook", case=body["case"], result=body["result"], incoming=True)
        b = cases[body["case"]]
        async with ctx.span("update cases", "CLIENT") as db:
            await db.work(3)
            db.log.debug("exec", q="UPDATE cases SET result=$2 WHERE id=$1", case=body["case"])
        await ctx.publish("reply.identified", {"process": b["process"], "signer": b["signer"], "result": body["result"]})
        return 204, {}
    identity.noise(6, lambda log: log.debug("token refreshed", partner="proofid", expires_in=3600))

    @proofid.http("POST /v2/cases")
    async def open_case(ctx, body):
        if not body.get("again") and ctx.rng.random() < 0.04:
            ctx.log.warn("rate limited", case=body["case"], incoming=True)
            return 429, {}
        await ctx.work(20)
        ctx.log.info("case opened", case=body["case"], incoming=True)

        async def video():
            async with ctx.span("video ident") as v:
                await v.work(1200, 0.6)
                result = "OK" if ctx.rng.random() > 0.03 else "DOCUMENT_EXPIRED"
                v.log.info("agent decision", case=body["case"], decision=result)
            async with ctx.client("identity", "POST /webhooks/proofid") as c:
                s, _ = await c.send({"case": body["case"], "result": result})
                c.log.debug("callback delivered", case=body["case"], http=s)
        ctx.spawn(video())
        return 202, {}

    # ------------------------------------------------------------ signer, tsa
    @signer.http("POST /sign")
    async def do_sign(ctx, body):
        serial[0] += 1
        ctx.log.info(f"sign request {body['subject']} digest={body['digest']}", incoming=True)
        if ctx.rng.random() < 0.02:
            ctx.log.error(f"CKR_DEVICE_BUSY slot 3, {body['subject']} rejected")
            return 503, {}
        async with ctx.span("C_Sign") as p11:
            await p11.work(14)
            p11.log.debug(f"C_Sign rv=0x0 mech=CKM_ECDSA {body['digest']}")
        async with ctx.client("tsa", "POST /rfc3161") as c:
            _, t = await c.send({"imprint": body["digest"]})
            c.log.debug(f"timestamp token {t['token']} for {body['subject']}")
        ctx.log.info(f"signed {body['subject']} serial={serial[0]:X}")
        return 200, {"serial": f"{serial[0]:X}"}

    @tsa.http("POST /rfc3161")
    async def stamp(ctx, body):
        async with ctx.span("audit append", "CLIENT") as c:
            await c.work(2)
            c.log.debug(f"INSERT INTO Audit(Imprint) VALUES ('{body['imprint']}')", logger="Tsa.Data.AuditStore")
        token = "%010d" % ctx.rng.randrange(10 ** 10)
        ctx.log.info(f"TimeStampService.Issue({body['imprint']}) took {ctx.elapsed_ms():.0f}ms, token {token}", logger="Tsa.TimeStampService", incoming=True)
        return 200, {"token": token}
    tsa.noise(4, lambda log: log.info(f"ntp offset {w.rng.uniform(-1, 1):.3f} ms, stratum 2", logger="Tsa.Clock"))
    signer.noise(8, lambda log: log.info(f"slot 3 battery ok, {w.rng.randrange(1, 5)} sessions"))

    # ------------------------------------------------------------ notariat
    @notariat.consumer("cmd.notarise", concurrency=6)
    async def beurkunden(ctx, m):
        v = m.body["process"]
        ctx.log.info(f"Vorgang {v} eingegangen ({m.body['urkunde']})", logger="Notariat.Eingang", incoming=True)
        async with ctx.span("register-abfrage", "CLIENT") as c:
            c.log.debug(f"Frage Handelsregister ab für {v}", logger="Notariat.Register")
            await c.work(120)
        async with ctx.span("verlesung") as s:
            await s.work(1500, 0.5)
        grund = ctx.rng.random() < 0.05
        if grund: ctx.log.warning(f"Notar lehnt {v} ab: Vollmacht fehlt", logger="Notariat.Termin")
        else:
            await ctx.call("hsm-signer", "POST /sign", {"digest": w.env[v]["sha"], "subject": f"{v}#notar"})
            ctx.log.info(f"{v} beurkundet, Dauer {ctx.elapsed_ms() / 1000:.1f} s", logger="Notariat.Termin")
        async with ctx.producer("reply.notarised") as p:
            p.log.debug(f"Antwort an Engine für {v}", logger="Notariat.Bus")
            await p.send({"process": v, "result": "refused" if grund else "certified"})
    notariat.noise(9, lambda log: log.info("Sitzungsliste aktualisiert", logger="Notariat.Termin"))

    # ------------------------------------------------------------ archive
    @archive.consumer("cmd.store", retries=2)
    async def store(ctx, m):
        ctx.log.info("deposit", process_id=m.body["process"], logger="archive::consumer", incoming=True)
        async with ctx.span("put object", "CLIENT") as c:
            await c.work(35)
            c.log.debug("PUT 200", bytes=ctx.rng.randrange(10 ** 5, 10 ** 6), etag=m.body["sha"], logger="aws_sdk_s3")
        deposits.append((m.body["process"], ctx))
        async with ctx.producer("reply.stored") as p:
            await p.send({"process": m.body["process"], "leaf": len(deposits)})
            p.log.info("replied", leaf=len(deposits), process_id=m.body["process"], logger="archive::consumer")

    @archive.every(6)
    async def merkle_anchor(ctx):
        batch, deposits[:] = list(deposits), []
        if not batch: return
        for _, c in batch: ctx.link(c)
        ctx.log.info("anchoring", leaves=len(batch), logger="archive::anchor")
        async with ctx.span("hash tree") as s:
            await s.work(20)
        await ctx.call("tsa", "POST /rfc3161", {"imprint": hashlib.sha1(str(batch[0][0]).encode()).hexdigest()})
        for env, _ in batch: ctx.log.debug("leaf anchored", process_id=env, logger="archive::anchor")

    # ------------------------------------------------------------ postbox
    @postbox.consumer("mail.invite")
    async def invite(ctx, m):
        for i in range(m.body["n"]):
            async with ctx.span("smtp", "CLIENT") as c:
                await c.work(30)
                c.log.info(f"invitation sent ({i + 1}/{m.body['n']})", envelopeId=m.body["envelope"])

    @postbox.consumer("mail.remind")
    async def remind(ctx, m):
        await ctx.work(25)
        ctx.log.info("gentle reminder sent", envelopeId=m.body["envelope"], to=m.body["n"], incoming=True)

    @postbox.consumer("envelope.closed")
    async def outcome(ctx, m):
        ctx.log.debug(f"<- envelope.closed #{m.id}", envelopeId=m.body["env"], incoming=True)
        await ctx.work(30)
        if m.body["state"] != "completed": ctx.log.warn("sent bad news", envelopeId=m.body["env"], state=m.body["state"])
    postbox.noise(5, lambda log: log.info("smtp pool idle", connections=3))


async def load(w):
    r = w.rng

    async def one(i):
        n = r.choice([1, 1, 2, 2, 3])
        s, a = await w.start("portal", "POST /envelopes", {"signers": n, "notarise": r.random() < 0.35, "pages": r.randrange(2, 14)})
        env = a["env"]
        await sleep(r.uniform(200, 2000))
        if i % 8 == 0: await w.start("portal", f"GET /envelopes/{env}")
        await sleep(r.uniform(2500, 4500))
        for k in range(n):
            await sleep(r.uniform(100, 2500))
            if w.env[env]["state"] != "OPEN": return
            if r.random() < 0.04:
                await w.start("portal", f"POST /envelopes/{env}/decline", {"signer": k})
                return
            if r.random() < 0.05: await w.start("portal", f"POST /envelopes/{env}/signatures", {"signer": k, "otp": "000000"})
            await w.start("portal", f"POST /envelopes/{env}/signatures", {"signer": k, "otp": "%06d" % r.randrange(1, 10 ** 6)})
    await arrivals(w, 59, 3, one)

record(build, load, "e_legal")
