"""Motor insurance claims: notification, photos and triage fan-out joined in the core, garages called back by hook, nightly-like payment run."""
import json
from world import *


def kv(d): return " ".join(f"{k}={json.dumps(v) if isinstance(v, str) and (' ' in v or not v) else v}" for k, v in d.items())

# fnol-portal: Rails, tagged logging
def rails(r):
    tags = f"[{r.trace_id}] [{r.span_id}] " if r.trace_id else ""
    if r.incoming: tags += f"[traceparent {r.incoming}] "
    return f"{r.level[0]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- : {tags}{r.message}"

# claims-core: Spring Boot 3
def boot(r):
    ids = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else ("[                                                 ] ")
    th = f"io-8080-exec-{r.thread}" if isinstance(r.thread, int) else r.thread
    tail = f" (parentSpan={r.incoming_parent})" if r.incoming_parent else ""
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [claims-core] [{th:>15}] {ids}{r.logger[-40:]:<40} : {r.message}{tail}"

# policy-admin: log4net with properties
def log4net(r):
    ndc = f"trace={r.trace_id} span={r.span_id}" if r.trace_id else "(null)"
    if r.incoming_parent: ndc += f" parent={r.incoming_parent}"
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} [{r.thread + 6}] {r.level:<5} {r.logger} [{ndc}] - {r.message}"

# photo-intake: loguru
def loguru(r):
    lv = {"WARN": "WARNING"}.get(r.level, r.level)
    extra = dict(r.fields)
    if r.trace_id: extra |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id}
    if r.incoming: extra["traceparent"] = r.incoming
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} | {lv:<8} | photo_intake.{r.logger} - {r.message}" + (f" | {extra}" if extra else "")

# damage-ai: structlog JSON
def structlog(r):
    d = {"event": r.message} | r.fields
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_span_id"] = r.incoming_parent
    return json.dumps(d | {"logger": "damage_ai", "level": {"WARN": "warning"}.get(r.level, r.level.lower()), "timestamp": isoz(r, 6)})

# garage-network: winston, printf with meta
def winston(r):
    meta = dict(r.fields)
    if r.trace_id: meta |= {"trace_id": r.trace_id, "span_id": r.span_id, "trace_flags": "01"}
    if r.incoming: meta["parent"] = r.incoming
    return f"{isoz(r)} {r.level.lower()}: {r.message}" + (" " + json.dumps(meta, separators=(",", ":")) if meta else "")

# reserve-ledger: Go slog text
def slogtext(r):
    d = {"time": isoz(r, 9), "level": r.level, "msg": r.message} | r.fields
    if r.trace_id: d |= {"trace": r.trace_id, "span": r.span_id}
    if r.incoming_parent: d["parent"] = r.incoming_parent
    return kv(d)

# siu: Elixir
def elixir(r):
    md = f"trace_id={r.trace_id} span_id={r.span_id} " if r.trace_id else ""
    if r.incoming_parent: md += f"parent_span_id={r.incoming_parent} "
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {md}[{r.level.lower().replace('warn', 'warning')}] {r.message}"

# letters: Monolog, whole seconds
def monolog(r):
    extra = {"trace_id": r.trace_id, "span_id": r.span_id} if r.trace_id else {}
    if r.incoming: extra["traceparent"] = r.incoming
    j = lambda d: json.dumps(d, separators=(",", ":")) if d else "[]"
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] letters.{r.level.replace('WARN', 'WARNING')}: {r.message} {j(r.fields)} {j(extra)}"


def build(w):
    def began(svc, f):  # after the world has its clocks
        async def run(): f(svc.log)
        w.background.append(run)
    w.network_ms, w.broker_ms = 0.8, 6
    w.refs, w.state, w.due = [], {}, []
    seq, off = [71200], [18000]
    def mid():
        off[0] += 1
        return f"{w.rng.randrange(6)}@{off[0]}"
    w.new_message_id = mid

    portal = w.service("fnol-portal", rails, errors=lambda c, e: c.log.error(f"Fnol::Error ({e}):\n  app/controllers/claims_controller.rb:41:in `create'\n  lib/middleware/otel.rb:12:in `call'"))
    core = w.service("claims-core", boot, errors=lambda c, e: c.log.error(f"Listener threw, record skipped: java.lang.IllegalStateException: {e}\n\tat com.autosure.claims.Flow.on(Flow.java:77)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="c.a.c.ErrorHandler"))
    policy = w.service("policy-admin", log4net)
    photo = w.service("photo-intake", loguru, errors=lambda c, e: c.log.error(f"task crashed: {e!r}", logger="worker:run:31"))
    ai = w.service("damage-ai", structlog)
    garage = w.service("garage-network", winston, errors=lambda c, e: c.log.error("unhandled rejection", err=str(e)))
    ledger = w.service("reserve-ledger", slogtext, errors=lambda c, e: c.log.error("consumer failed", err=str(e)))
    siu = w.service("siu", elixir, errors=lambda c, e: c.log.error(f"GenServer Siu.Consumer terminating: {e}"))
    letters = w.service("letters", monolog, errors=lambda c, e: c.log.error("Uncaught exception", exception=str(e)))

    # ------------------------------------------------ portal
    @portal.http("POST /claims")
    async def notify(c, b):
        c.log.info(f'Started POST "/claims" for 10.40.{c.rng.randrange(9)}.{c.rng.randrange(250)}', incoming=True)
        await c.work(5)
        c.log.info(f'Processing by ClaimsController#create as JSON  Parameters: {{"plate"=>"{b["plate"]}", "policy"=>"{b["policy"]}", "photos"=>{b["photos"]}}}')
        async with c.client("claims-core", "POST /api/claims") as k:
            status, a = await k.send(b)
            k.log.debug(f"claims-core POST /api/claims -> {status} ({k.elapsed_ms():.1f}ms)")
        if status == 409:
            c.log.warning(f"cover refused for {b['policy']}: {a['why']}")
            c.log.info(f"Completed 422 Unprocessable Entity in {c.elapsed_ms():.0f}ms")
            return 422, a
        c.log.info(f"Completed {status} in {c.elapsed_ms():.0f}ms (claim {a.get('claim')})")
        return status, a

    @portal.http("GET /claims/{ref}")
    async def show(c, b):
        ref = b["_route"].split("/")[-1]
        async with c.span("redis GET", "CLIENT") as s:
            await s.work(0.7)
        if c.rng.random() < 0.35:
            c.log.debug(f"cache hit claim/{ref}")
        else:
            await c.call("claims-core", f"GET /api/claims/{ref}")
        c.log.info(f'method=GET path=/claims/{ref} format=json controller=ClaimsController action=show status=200 duration={c.elapsed_ms():.2f}', incoming=True)
        return 200, {}

    @portal.http("DELETE /claims/{ref}")
    async def withdraw(c, b):
        ref = b["_route"].split("/")[-1]
        c.log.info(f'Started DELETE "/claims/{ref}"', incoming=True)
        st, _ = await c.call("claims-core", f"POST /api/claims/{ref}/withdrawal")
        c.log.info(f"Completed {st} in {c.elapsed_ms():.0f}ms")
        return st, {}

    # ------------------------------------------------ core
    R, F = "c.a.claims.registration.ClaimRegistrar", "c.a.claims.flow.TriageFlow"
    @core.http("POST /api/claims")
    async def register(c, b):
        async with c.client("policy-admin", f"GET /vertrag/{b['policy']}/deckung") as k:
            st, cover = await k.send()
        if st != 200:
            c.log.info(f"No cover on {b['policy']} at date of loss, claim not opened", logger=R, incoming=True)
            return 409, {"why": cover.get("grund")}
        seq[0] += 1
        ref = f"KFZ-26-{seq[0]}"
        async with c.span("INSERT claim", "CLIENT") as s:
            await s.work(6)
            s.log.debug("insert into claim (ref, policy_no, plate, state) values (?, ?, ?, 'NOTIFIED')", logger="org.hibernate.SQL")
        w.state[ref] = {"got": {}, "photos": b["photos"], "status": "NOTIFIED", "plate": b["plate"]}
        async with c.producer("claim.notified") as p:
            m = await p.send({"ref": ref, "policy": b["policy"], "plate": b["plate"], "photos": b["photos"], "excess": cover["sb"]})
        c.log.info(f"Claim {ref} opened for policy {b['policy']}, event sent to claim.notified ({m})", logger=R, incoming=True)
        w.refs.append(ref)
        return 201, {"claim": ref}

    @core.http("GET /api/claims/{ref}")
    async def get(c, b):
        ref = b["_route"].split("/")[-1]
        async with c.span("SELECT claim", "CLIENT") as s:
            await s.work(3)
            s.log.debug("select c1_0.ref, c1_0.state from claim c1_0 where c1_0.ref=?", logger="org.hibernate.SQL")
        return 200, {"state": w.state[ref]["status"]}

    @core.http("POST /api/claims/{ref}/withdrawal")
    async def withdrawal(c, b):
        ref = b["_route"].split("/")[-2]
        st = w.state[ref]
        if st["status"] in ("PAID", "WITHDRAWN"):
            c.log.warning(f"Withdrawal of {ref} rejected, state is {st['status']}", logger=R, incoming=True)
            return 409, {}
        st["status"] = "WITHDRAWN"
        await c.work(4)
        c.log.info(f"{ref} withdrawn by policyholder", logger=R, incoming=True)
        await c.publish("claim.closed", {"ref": ref, "why": "withdrawn"})
        return 200, {}

    def joiner(topic, part):
        @core.consumer(topic)
        async def on(c, m):
            ref = m.body["ref"]
            st = w.state[ref]
            st["got"][part] = m.body
            if part == "siu":
                c.log.info(f"SIU verdict for {ref}: {m.body['verdict']}", logger=F, thread=f"triage-{c.thread}", incoming=True)
            elif part in ("damage", "reserve"):
                c.log.debug(f"<- {m.topic} key={ref} {m.id}", logger=F, thread=f"triage-{c.thread}", incoming=True)
            await c.work(2)
            if len(st["got"]) < 3 or st["status"] != "NOTIFIED":
                return
            st["status"] = "TRIAGED"
            async with c.span("decide route") as s:
                await s.work(8)
                eur = st["got"]["damage"]["eur"]
                route = "SIU" if st["got"]["siu"]["verdict"] == "refer" else "TOTAL_LOSS" if eur > 9000 else "CASH" if eur < 900 else "GARAGE"
                s.log.info(f"All three opinions in for {ref}; estimate {eur} EUR, route {route}", logger="c.a.claims.flow.RouteDecider", thread=f"triage-{c.thread}")
            async with c.span("UPDATE claim", "CLIENT") as s:
                await s.work(4)
                s.log.debug("update claim set state=? where ref=? and version=?", logger="org.hibernate.SQL", thread=f"triage-{c.thread}")
            if route == "GARAGE":
                async with c.producer("garage.assign") as p:
                    p.log.info(f"-> garage.assign {ref}", logger=F, thread=f"triage-{c.thread}")
                    await p.send({"ref": ref, "plate": st["plate"], "eur": eur})
            elif route == "SIU":
                c.log.warning(f"{ref} parked for special investigation", logger=F, thread=f"triage-{c.thread}")
                await c.publish("letter.request", {"ref": ref, "tpl": "more-info"})
            else:
                async with c.producer("payment.order") as p:
                    p.log.info(f"-> payment.order {ref} {eur} EUR", logger=F, thread=f"triage-{c.thread}")
                    await p.send({"ref": ref, "eur": eur, "kind": route})
    joiner("damage.estimated", "damage"); joiner("siu.scored", "siu"); joiner("reserve.booked", "reserve")

    @core.consumer("garage.estimate")
    async def estimate(c, m):
        ref = m.body["ref"]
        th = f"garage-{c.thread}"
        c.log.info(f"Workshop estimate for {ref}: {m.body['eur']} EUR", logger="c.a.claims.garage.EstimateListener", thread=th, incoming=True)
        await c.work(9)
        if w.state[ref]["status"] == "WITHDRAWN":
            c.log.info(f"{ref} is withdrawn, estimate kept for the file only", logger="c.a.claims.garage.EstimateListener", thread=th)
            return
        async with c.client("reserve-ledger", f"PUT /reserves/{ref}") as k:
            st, _ = await k.send({"eur": m.body["eur"]})
            k.log.debug(f"reserve-ledger answered {st} for {ref}", logger="c.a.claims.ledger.LedgerClient", thread=th)
        if m.body["eur"] > 5500:
            c.log.warning(f"Estimate above authority limit, {ref} goes to a loss adjuster", logger="c.a.claims.garage.EstimateListener", thread=th)
            return
        async with c.producer("payment.order") as p:
            await p.send({"ref": ref, "eur": m.body["eur"], "kind": "REPAIR"})
            p.log.info(f"-> payment.order {ref} {m.body['eur']} EUR", logger="c.a.claims.garage.EstimateListener", thread=th)

    @core.consumer("payment.done")
    async def done(c, m):
        for ref in m.body["refs"]: w.state[ref]["status"] = "PAID"
        await c.work(3 * len(m.body["refs"]))
        c.log.info(f"Marked {len(m.body['refs'])} claims PAID (run {m.body['run']})", logger="c.a.claims.payment.PaidListener", thread="pay-1", incoming=True)

    # ------------------------------------------------ policy admin (German team)
    @policy.http("GET /vertrag/{nr}/deckung")
    async def deckung(c, b):
        nr = b["_route"].split("/")[2]
        c.log.info(f"Deckungsanfrage Vertrag {nr}", logger="Autosure.Bestand.DeckungController", incoming=True)
        async with c.span("VTG.LESEN", "CLIENT") as s:
            await s.work(22)
            s.log.debug(f"Host-Aufruf VTGLES01 beendet, Rückgabecode 0", logger="Autosure.Host.Adapter")
        if c.rng.random() < 0.06:
            c.log.warning(f"Vertrag {nr}: Beitrag rückständig, keine Deckung", logger="Autosure.Bestand.Deckung")
            return 404, {"grund": "Beitragsverzug"}
        c.log.info(f"Vertrag {nr} gedeckt, SB {150 if nr[-1] in '012345' else 300} EUR ({c.elapsed_ms():.0f} ms)", logger="Autosure.Bestand.Deckung")
        return 200, {"sb": 150}

    # ------------------------------------------------ photos
    @photo.consumer("claim.notified", retries=2, retry_ms=400)
    async def photos(c, m):
        ref, n = m.body["ref"], m.body["photos"]
        c.log.info(f"{ref}: {n} pictures to look at", logger="worker:handle:52", incoming=True, attempt=m.attempt)
        if c.rng.random() < 0.05 and m.attempt < 3:
            async with c.span("S3.ListObjects", "CLIENT") as s:
                await s.work(60)
                s.log.warning("bucket listing: 503 SlowDown", logger="storage:ls:19")
            raise Exception("slowdown")
        async def one(i):
            async with c.span("S3.GetObject", "CLIENT") as s:
                await s.work(18)
                s.log.debug(f"fetched s3://fnol-photos/{ref}/{i}.jpg", logger="storage:get:27", kb=c.rng.randrange(200, 4000))
            async with c.client("damage-ai", "POST /v2/predict") as k:
                st, a = await k.send({"claim": ref, "img": f"{ref}/{i}.jpg"})
                k.log.debug(f"{ref}/{i}.jpg {st} {a.get('part', '-')}", logger="client:predict:71")
            return a.get("eur", 0) if st == 200 else 0
        found = await asyncio.gather(*[one(i) for i in range(n)])
        total = sum(found)
        async with c.producer("damage.estimated") as p:
            p.log.debug("sending damage.estimated", logger="bus:emit:14", ref=ref)
            await p.send({"ref": ref, "eur": total})
        c.log.info("estimate ready", logger="worker:handle:80", ref=ref, eur=total, took=round(c.elapsed_ms() / 1000, 3))

    @ai.http("POST /v2/predict")
    async def predict(c, b):
        async with c.span("inference") as s:
            await s.work(140, 0.5)
            part = c.rng.choice(["bumper_front", "door_left", "wing_right", "tailgate", "windscreen", "hood"])
            conf = round(c.rng.uniform(0.3, 0.99), 3)
            s.log.debug("model_output", part=part, confidence=conf, model="dmg-r50-v11")
        if conf < 0.36:
            c.log.warning("image_unusable", image=b["img"], confidence=conf, incoming=True)
            return 422, {}
        c.log.info("predicted", image=b["img"], part=part, elapsed_ms=round(c.elapsed_ms(), 1), incoming=True)
        return 200, {"part": part, "eur": c.rng.choice([180, 320, 450, 780, 1200, 2100, 3900])}

    # ------------------------------------------------ special investigation
    @siu.consumer("claim.notified")
    async def score(c, m):
        ref = m.body["ref"]
        await c.work(2)
        async with c.span("rules", "INTERNAL") as s:
            await s.work(35)
            hits = [x for x in ("late_report", "same_garage", "young_policy", "night_no_witness") if c.rng.random() < 0.22]
            s.log.info(f"rule hits for plate {m.body['plate']}: {hits}")
        verdict = "refer" if len(hits) >= 3 else "clear"
        c.log.info(f"scored claim {ref} => :{verdict} in {c.elapsed_ms():.0f}ms", incoming=True)
        async with c.producer("siu.scored") as p:
            x = await p.send({"ref": ref, "verdict": verdict})
            p.log.debug(f"produced siu.scored at {x}")

    # ------------------------------------------------ ledger
    @ledger.consumer("claim.notified")
    async def reserve(c, m):
        c.log.info("claim.notified", claim_ref=m.body["ref"], pos=m.id, incoming=True)
        async with c.span("tx reserve", "CLIENT") as s:
            await s.work(12)
            s.log.debug("commit", claim_ref=m.body["ref"], rows=2)
        async with c.producer("reserve.booked") as p:
            await p.send({"ref": m.body["ref"], "eur": 1800})
            p.log.info("emitted reserve.booked", claim_ref=m.body["ref"])

    @ledger.http("PUT /reserves/{ref}")
    async def put(c, b):
        async with c.span("tx reserve", "CLIENT") as s:
            await s.work(11)
            s.log.debug("reserve adjusted", claim_ref=b["_route"].split("/")[-1], new=b["eur"], old=1800)
        c.log.info("http", method="PUT", path=b["_route"], status=204, dur=f"{c.elapsed_ms():.3f}ms", incoming=True)
        return 204, {}

    @ledger.consumer("payment.order")
    async def order(c, m):
        w.due.append((m.body["ref"], m.body["eur"], m.origin))
        async with c.span("INSERT payment", "CLIENT") as s:
            await s.work(7)
            s.log.debug("insert payment", claim_ref=m.body["ref"], rows=1)
        c.log.info("payment queued", claim_ref=m.body["ref"], amount=m.body["eur"], kind=m.body["kind"].lower(), incoming=True)
        await c.publish("letter.request", {"ref": m.body["ref"], "tpl": "settlement"})

    @ledger.consumer("claim.closed")
    async def closed(c, m):
        await c.work(10)
        w.due[:] = [d for d in w.due if d[0] != m.body["ref"]]
        c.log.info("reserve released", claim_ref=m.body["ref"], incoming=True)

    run = [300]
    @ledger.every(9)
    async def payment_run(c):
        batch = w.due[:25]
        del w.due[:25]
        if not batch:
            c.log.debug("payment run: nothing due")
            return
        run[0] += 1
        c.log.info("payment run start", run=run[0], n=len(batch))
        for d in batch: c.link(d[2])
        async with c.span("POST sepa-gateway/pain.001", "CLIENT") as s:
            await s.work(420)
            s.log.info("bank accepted file", msgid=f"AS{run[0]}PAIN", sum=sum(d[1] for d in batch))
        await c.publish("payment.done", {"refs": [d[0] for d in batch], "run": run[0]})
        c.log.info("payment run end", run=run[0], dur=f"{c.elapsed_ms():.0f}ms")

    # ------------------------------------------------ garages, with the workshop calling back
    @garage.consumer("garage.assign")
    async def assign(c, m):
        ref, plate = m.body["ref"], m.body["plate"]
        async with c.span("mongo find garages", "CLIENT") as s:
            await s.work(9)
            s.log.debug(f"garages.find $near -> {c.rng.randrange(2, 9)} docs")
        g = f"G{c.rng.randrange(100, 160)}"
        for attempt in (1, 2):
            async with c.span("POST https://workshop/api/jobs", "CLIENT") as s:
                await s.work(110)
                if c.rng.random() < 0.07:
                    s.log.warning(f"workshop {g} said 'fully booked'", schadenNr=ref)
                    g = f"G{c.rng.randrange(100, 160)}"
                    continue
                s.log.info(f"job placed with {g}", schadenNr=ref)
                break
        c.log.info("assigned", incoming=True, schadenNr=ref, plate=plate, garage=g)
        async def workshop():
            await sleep(600 + c.rng.expovariate(1 / 2500))
            await c.call("garage-network", "POST /hooks/estimates", {"job": ref, "garage": g, "eur": int(m.body["eur"] * c.rng.uniform(0.8, 1.4))}, client_span=False)
        c.spawn(workshop())
        await c.publish("letter.request", {"ref": ref, "tpl": "garage-appointment"})

    @garage.http("POST /hooks/estimates")
    async def hook(c, b):
        c.log.info("webhook <- workshop", incoming=True, garage=b["garage"], jobRef=b["job"])
        async with c.span("mongo updateOne jobs", "CLIENT") as s:
            await s.work(6)
        async with c.producer("garage.estimate") as p:
            x = await p.send({"ref": b["job"], "eur": b["eur"]})
            p.log.info("estimate forwarded", schadenNr=b["job"], offset=x)
        return 202, {}

    @garage.consumer("claim.closed")
    async def cancel(c, m):
        await c.work(5)
        c.log.info(f"no open job for {m.body['ref']}" if c.rng.random() < 0.5 else f"job of {m.body['ref']} cancelled at workshop", incoming=True)

    # ------------------------------------------------ letters
    @letters.consumer("letter.request", retries=3, retry_ms=700)
    async def letter(c, m):
        async with c.span("render pdf") as s:
            await s.work(70)
            if m.body["tpl"] != "settlement": s.log.debug("Template rendered", template=m.body["tpl"], pages=c.rng.randrange(1, 4))
        async with c.span("SMTP send", "CLIENT") as s:
            await s.work(45)
            s.log.debug(f"SMTP > RCPT TO, 250 2.1.5 Ok ({c.rng.randrange(16**8):08X})")
            if c.rng.random() < 0.06 and m.attempt < 3:
                s.log.warning("451 4.7.1 Greylisted, please try again", vorgang=m.body["ref"])
                raise Exception("greylisted")
        c.log.info("Letter sent", vorgang=m.body["ref"], template=m.body["tpl"], incoming=True)

    # ------------------------------------------------ noise
    began(core, lambda l: [l.info("Starting ClaimsCoreApplication v4.18.2 using Java 21.0.4 with PID 1", logger="c.a.claims.ClaimsCoreApplication", thread="main"), l.info("Tomcat started on port 8080 (http) with context path '/'", logger="o.s.b.w.embedded.tomcat.TomcatWebServer", thread="main")])
    core.noise(5, lambda l: l.debug(f"HikariPool-1 - Pool stats (total=20, active={w.rng.randrange(6)}, idle={w.rng.randrange(14, 20)}, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="ol-1 housekeeper"))
    ai.noise(6, lambda l: l.info("gpu_stats", util=w.rng.randrange(20, 95), mem_mb=w.rng.randrange(4000, 9000)))
    policy.noise(7, lambda l: l.info("Tarifcache aktualisiert, 3812 Einträge", logger="Autosure.Bestand.TarifCache"))
    portal.noise(4, lambda l: l.info('Started GET "/up" for 10.40.0.1'))
    siu.noise(12, lambda l: l.info("rule set reloaded, 41 rules active"))


async def load(w):
    async def one(i):
        r = w.rng.random()
        if w.refs and r < 0.17: await w.start("fnol-portal", f"GET /claims/{w.rng.choice(w.refs)}")
        elif len(w.refs) > 5 and r < 0.23: await w.start("fnol-portal", f"DELETE /claims/{w.rng.choice(w.refs)}")
        else: await w.start("fnol-portal", "POST /claims", {"plate": f"{w.rng.choice(['B', 'M', 'HH', 'K', 'DD'])}-{w.rng.choice('ABCDEFGH')}{w.rng.choice('KLMNOP')} {w.rng.randrange(100, 9999)}", "policy": f"{w.rng.randrange(20, 80)}.{w.rng.randrange(100000, 999999)}.{w.rng.randrange(10)}", "photos": w.rng.choice([1, 2, 2, 3, 4])})
    await arrivals(w, 150, 4, one)

record(build, load, "c_insure")
