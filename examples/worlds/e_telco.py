"""Mobile operator: SIM activation (orchestrator doing request/reply over the broker), number porting (outbox, polling of a clearing house, cutover windows), blocking."""
import json
from world import *


def haproxy(r):                     # lb: HAProxy option httplog; the accept date is in brackets, syslog has the end
    f = r.fields
    head = f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S} lb1 haproxy[{r.pid}]: "
    if "took" not in f: return head + r.message
    begin = r.time - datetime.timedelta(milliseconds=f["took"])
    cap = f" {{{r.trace_id}|{r.span_id}}}" if r.trace_id else " {|}"
    if r.incoming: cap += f" {{{r.incoming}}}"
    return (head + f"198.51.100.{f['port'] % 200}:{f['port']} [{begin:%d/%b/%Y:%H:%M:%S}.{begin.microsecond // 1000:03d}] https~ {f['be']}/{f['be']}{f['port'] % 2 + 1} "
            f"0/0/1/{f['took'] - 1}/{f['took']} {f['status']} {300 + f['port'] % 700} - - ---- {f['port'] % 30}/12/3/1/0 0/0{cap} \"{f['req']} HTTP/1.1\"")


def bunyan(r):                      # selfcare
    d = {"name": "selfcare", "hostname": "sc-5d8f", "pid": r.pid, "level": {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}[r.level], **r.fields}
    if r.trace_id: d |= {"traceId": r.trace_id, "spanId": r.span_id}
    if r.incoming: d["headers"] = {"traceparent": r.incoming}
    return json.dumps(d | {"msg": r.message, "time": isoz(r), "v": 0}, separators=(",", ":"))


def ecs(r):                         # provisioning: ECS JSON from Quarkus
    d = {"@timestamp": isoz(r), "log.level": r.level, "message": r.message, "ecs.version": "1.2.0", "service.name": "provisioning", "process.thread.name": f"vert.x-worker-thread-{r.thread}", "log.logger": r.logger}
    if r.trace_id: d |= {"trace.id": r.trace_id, "span.id": r.span_id}
    if r.incoming_parent: d["parent.id"] = r.incoming_parent
    return json.dumps(d | {"labels." + k: v for k, v in r.fields.items()}, separators=(",", ":"))


def lager(r):                       # hlr: Erlang lager
    md = f" tr={r.trace_id} sp={r.span_id}" if r.trace_id else ""
    inc = f" from={r.incoming_parent}" if r.incoming_parent else ""
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} [{'warning' if r.level == 'WARN' else r.level.lower()}] <0.{400 + r.thread * 7}.0>@{r.logger}{md}{inc} {r.message}"


def pylog(r):                       # ota: python logging with opentelemetry's basic format
    ids = f"[trace_id={r.trace_id} span_id={r.span_id} resource.service.name=ota trace_sampled=True] " if r.trace_id else "[trace_id=0 span_id=0 resource.service.name=ota trace_sampled=False] "
    inc = f" (traceparent {r.incoming})" if r.incoming else ""
    lvl = "WARNING" if r.level == "WARN" else r.level
    return f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d} {lvl} [ota.{r.logger}] {ids}- {r.message}{inc}"


def klog(r):                        # charging: klog
    kv = "".join(f" {k}={json.dumps(v)}" for k, v in r.fields.items())
    if r.trace_id: kv += f' traceID="{r.trace_id}" spanID="{r.span_id}"'
    if r.incoming_parent: kv += f' parentSpanID="{r.incoming_parent}"'
    return f"{'I' if r.level == 'DEBUG' else r.level[0]}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid:7d} {r.logger}] {json.dumps(r.message) if kv else r.message}{kv}"


def logfmt(r):                      # numbers: logrus text
    q = lambda v: json.dumps(str(v)) if " " in str(v) or "=" in str(v) else v
    kv = "".join(f" {k}={q(v)}" for k, v in sorted(r.fields.items()))
    if r.trace_id: kv += f" span_id={r.span_id} trace_id={r.trace_id}"
    if r.incoming: kv += f" traceparent={r.incoming}"
    return f'time="{isoz(r, 6)}" level={"warning" if r.level == "WARN" else r.level.lower()} msg={json.dumps(r.message)}{kv}'


def clef(r):                        # portability: Serilog compact
    d = {"@t": isoz(r, 7), "@mt" if "{" in r.message else "@m": r.message, **r.fields}
    if r.level != "INFO": d["@l"] = {"DEBUG": "Debug", "WARN": "Warning", "ERROR": "Error"}[r.level]
    if r.trace_id: d |= {"@tr": r.trace_id, "@sp": r.span_id}
    if r.incoming_parent: d["ParentId"] = r.incoming_parent
    return json.dumps(d, ensure_ascii=False, separators=(",", ":"))


def wildfly(r):                     # npdb: JBoss pattern with B3-style MDC
    mdc = f" [X-B3-TraceId={r.trace_id}, X-B3-SpanId={r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: mdc = mdc[:-1] + f", X-B3-ParentSpanId={r.incoming_parent}]"
    return f"{r.time:%H:%M:%S},{r.time.microsecond // 1000:03d} {r.level:<5} [{r.logger}] (default task-{r.thread}){mdc} {r.message}"


def plain(r):                       # smsc: print with seconds
    t = f" trace={r.trace_id}/{r.span_id}" if r.trace_id else ""
    inc = f" ctx={r.incoming}" if r.incoming else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S} {r.message}{t}{inc}"


def build(w):
    w.network_ms, w.broker_ms = 0.8, 3
    w.new_message_id = lambda: "%s-%d" % (w.ns() // 1_000_000, w.rng.randrange(3))   # stream ids

    lb = w.service("lb", haproxy)
    selfcare = w.service("selfcare", bunyan)
    prov = w.service("provisioning", ecs, errors=lambda c, e: c.log.error(f"Consumer failed, message nacked: {e}", logger="eu.tel.prov.Consumers"))
    hlr = w.service("hlr", lager, errors=lambda c, e: c.log.error(f"gen_server hlr_worker terminated with reason: {{error,{e.args[0].replace(' ', '_')}}}", logger="hlr_worker:terminate:201"))
    ota = w.service("ota", pylog, errors=lambda c, e: c.log.error(f"Task raised unexpected: RuntimeError('{e}')\nTraceback (most recent call last):\n  File \"/srv/ota/worker.py\", line 93, in on_message\nRuntimeError: {e}", logger="worker"))
    charging = w.service("charging", klog, errors=lambda c, e: c.log.error("Failed to process message", err=str(e), logger="consumer.go:77"))
    numbers = w.service("numbers", logfmt, errors=lambda c, e: c.log.error("message dead-lettered", error=e))
    port = w.service("portability", clef, errors=lambda c, e: c.log.error("Processing of message failed: {Reason}", Reason=str(e)))
    npdb = w.service("npdb", wildfly)
    smsc = w.service("smsc", plain, errors=lambda c, e: c.log.error(f"!! {e}"))

    w.subs, w.ports, outbox, pending, windows = {}, {}, [], {}, []
    act, pno, corr = [w.rng.randrange(3000, 9000)], [w.rng.randrange(100, 900)], [0]

    # ------------------------------------------------------------ lb, selfcare
    @lb.http("ANY *")
    async def balance(ctx, body):
        route = body["_route"]
        be = "portability" if "/ports" in route else "selfcare"
        status, a = await ctx.call(be, route, body, client_span=False)
        ctx.log.info("", incoming=True, took=round(ctx.elapsed_ms()) + 1, port=ctx.rng.randrange(20000, 60000), be=be, status=status, req=route)
        return status, a
    lb.noise(6, lambda log: log.info("Server selfcare/selfcare2 is UP, reason: Layer7 check passed, code: 200, check duration: 1ms."))

    @selfcare.http("POST /activations")
    async def new_sim(ctx, body):
        async with ctx.span("redis get session", "CLIENT") as c:
            await c.work(0.6)
        async with ctx.client("provisioning", "POST /v1/activations") as c:
            s, a = await c.send(body)
            c.log.info("POST provisioning/v1/activations", statusCode=s, iccid=body["iccid"], ms=round(c.elapsed_ms()))
        return s, a

    @selfcare.http("GET /activations/{id}")
    async def how_far(ctx, body):
        i = body["_route"].split("/")[-1]
        ctx.log.debug("status asked", activation=i)
        async with ctx.client("provisioning", "GET /v1/activations/" + i) as c:
            s, a = await c.send()
        return s, a

    @selfcare.http("POST /sims/{iccid}/block")
    async def block(ctx, body):
        iccid = body["_route"].split("/")[2]
        ctx.log.info("customer blocks SIM", iccid=iccid, reason=body["why"], incoming=True)
        async with ctx.producer("sim.blocked") as p:
            await p.send({"iccid": iccid, "imsi": w.subs[iccid]["imsi"], "msisdn": w.subs[iccid].get("msisdn")})
        return 202, {}
    selfcare.noise(4, lambda log: log.debug("event loop lag", p99=round(w.rng.uniform(1, 9), 1)))

    # ------------------------------------------------------------ provisioning: RPC over the broker
    P = "eu.tel.prov.ActivationFlow"

    async def rpc(ctx, topic, body, timeout=2500):
        corr[0] += 1
        cid = f"c-{corr[0]:05x}"
        pending[cid] = asyncio.get_running_loop().create_future()
        async with ctx.producer(topic) as p:
            await p.send(dict(body, cid=cid, reply_to="prov.replies"))
            p.log.debug(f"--> {topic} {cid}", logger="eu.tel.prov.BrokerRpc")
        try:
            return await asyncio.wait_for(pending[cid], timeout / 1000)
        except asyncio.TimeoutError:
            ctx.log.warning(f"no reply to {cid} on {topic} within {timeout} ms", logger="eu.tel.prov.BrokerRpc")
            return None
        finally:
            del pending[cid]

    @prov.consumer("prov.replies")
    async def reply(ctx, m):
        f = pending.get(m.body["cid"])
        if not f or f.done():
            ctx.log.info(f"late reply {m.body['cid']} thrown away", logger="eu.tel.prov.BrokerRpc", incoming=True)
            return
        ctx.log.debug(f"<-- {m.body['cid']} {m.body['rc']}", logger="eu.tel.prov.BrokerRpc", incoming=True)
        f.set_result(m.body)

    @prov.http("POST /v1/activations")
    async def activate(ctx, body):
        act[0] += 1
        a = f"ACT{act[0]:06d}"
        iccid, imsi = body["iccid"], "26203" + body["iccid"][-10:]
        w.subs[iccid] = {"imsi": imsi, "state": "PENDING", "act": a}
        ctx.log.info(f"Activation {a} requested for ICCID {iccid}, plan {body['plan']}", logger=P, incoming=True, activationId=a)
        async with ctx.client("numbers", "POST /reserve") as c:
            s, n = await c.send({"for": a, "wish": body.get("wish")})
            c.log.debug(f"numbers: {s} {n.get('msisdn', '-')} ({c.elapsed_ms():.1f} ms)", logger="eu.tel.prov.NumbersClient", activationId=a)
        if s != 200:
            ctx.log.warning(f"{a} refused: no number", logger=P, activationId=a)
            return 409, {}
        async with ctx.span("INSERT activation", "CLIENT") as db:
            await db.work(4)
        ctx.spawn(flow(ctx, a, iccid, imsi, n["msisdn"], body["plan"]))
        return 202, {"id": a}

    async def flow(ctx, a, iccid, imsi, msisdn, plan):
        s = w.subs[iccid]
        s["msisdn"] = msisdn
        h = await rpc(ctx, "hlr.create", {"imsi": imsi, "msisdn": msisdn})
        if h is None or h["rc"] != 0:
            s["state"] = "FAILED"
            ctx.log.error(f"{a}: HLR said {h and h['rc']}, number goes back", logger=P, activationId=a)
            await ctx.call("numbers", "POST /release", {"msisdn": msisdn})
            return
        c, o = await asyncio.gather(rpc(ctx, "charging.open", {"msisdn": msisdn, "plan": plan}), rpc(ctx, "ota.push", {"iccid": iccid, "profile": plan[:2] + "7"}, 4000))
        if o is None or o["rc"] != 0:
            ctx.log.warning(f"{a}: OTA failed, one more time", logger=P, activationId=a)
            o = await rpc(ctx, "ota.push", {"iccid": iccid, "profile": plan[:2] + "7"}, 4000)
        if not c or not o or o["rc"] != 0:
            s["state"] = "FAILED"
            ctx.log.error(f"{a} rolled back after {ctx.elapsed_ms():.0f} ms", logger=P, activationId=a)
            await asyncio.gather(rpc(ctx, "hlr.delete", {"imsi": imsi}), ctx.call("numbers", "POST /release", {"msisdn": msisdn}))
            return
        async with ctx.span("UPDATE activation", "CLIENT") as db:
            db.log.debug(f"update activation set state='ACTIVE' where id='{a}'", logger="org.hibernate.SQL", activationId=a)
            await db.work(3)
        s["state"] = "ACTIVE"
        async with ctx.producer("sim.activated") as p:
            await p.send({"act": a, "msisdn": msisdn, "iccid": iccid})
            p.log.info(f"Activation {a} complete: {msisdn} on {imsi}", logger=P, activationId=a)

    @prov.http("GET /v1/activations/{id}")
    async def state(ctx, body):
        async with ctx.span("SELECT activation", "CLIENT") as db:
            await db.work(2)
        ctx.log.info(f"GET {body['_route'].split(' ')[1]} 200", logger="io.quarkus.http.access-log", incoming=True)
        return 200, {}
    prov.noise(5, lambda log: log.debug("Agroal pool: 3 active, 7 idle", logger="io.agroal.pool"))

    # ------------------------------------------------------------ hlr
    @hlr.consumer("hlr.create")
    async def create(ctx, m):
        ctx.log.info(f"create_sub ~ imsi {m.body['imsi']} msisdn {m.body['msisdn']}", logger="hlr_worker:handle_cast:88", incoming=True)
        async with ctx.span("MAP insertSubscriberData", "CLIENT") as c:
            await c.work(110, 0.5)
            if ctx.rng.random() < 0.5: c.log.debug(f"isd ack, imsi={m.body['imsi']}", logger="map_client:isd:40")
        rc = 0 if ctx.rng.random() > 0.03 else 27
        await ctx.publish(m.body["reply_to"], {"cid": m.body["cid"], "rc": rc}, producer_span=False)
        if rc: ctx.log.error(f"create_sub failed rc={rc} (unknownSubscriber) imsi {m.body['imsi']}", logger="hlr_worker:handle_cast:97")

    @hlr.consumer("hlr.delete")
    async def delete(ctx, m):
        await ctx.work(60)
        ctx.log.info(f"sub {m.body['imsi']} deleted", logger="hlr_worker:handle_cast:121")
        await ctx.publish(m.body["reply_to"], {"cid": m.body["cid"], "rc": 0})

    @hlr.consumer("sim.blocked")
    async def bar(ctx, m):
        await ctx.work(45)
        ctx.log.warning(f"barring all for {m.body['imsi']}, {ctx.elapsed_ms():.0f}ms", logger="hlr_bar:on_event:19", incoming=True)

    @hlr.consumer("port.cutover", retries=2)
    async def reroute(ctx, m):
        async with ctx.span("mnesia write", "CLIENT") as c:
            await c.work(3)
        ctx.log.info(f"routing of {m.body['tn']} now own network", logger="hlr_route:cutover:33")
        async with ctx.producer("port.routed") as p:
            await p.send(m.body)
            p.log.debug(f"port.routed out {m.body['tn']}", logger="amqp_pub:send:12")

    # ------------------------------------------------------------ ota
    @ota.consumer("ota.push", concurrency=12)
    async def push(ctx, m):
        ctx.log.info("pushing profile %s to card %s" % (m.body["profile"], m.body["iccid"]), logger="worker", incoming=True)
        async with ctx.span("build apdu") as c:
            await c.work(12)
        ok = 0
        for block in range(ctx.rng.randrange(2, 5)):
            async with ctx.client("smsc", "POST /submit") as c:
                s, _ = await c.send({"to": m.body["iccid"], "kind": "OTA", "part": block + 1})
                c.log.debug("block %d -> %d" % (block + 1, s), logger="transport")
            await ctx.work(220)
            if ctx.rng.random() < 0.02:
                ok = 3
                ctx.log.warning("card %s did not answer block %d" % (m.body["iccid"], block + 1), logger="worker")
                break
        async with ctx.producer(m.body["reply_to"]) as p:
            await p.send({"cid": m.body["cid"], "rc": ok})
            p.log.debug("replied rc=%d cid=%s" % (ok, m.body["cid"]), logger="broker")
        if not ok: ctx.log.info("card %s done" % m.body["iccid"], logger="worker")
    ota.noise(5, lambda log: log.debug("keepalive sent to SMSC bind 1", logger="transport"))

    # ------------------------------------------------------------ charging
    @charging.consumer("charging.open", retries=2)
    async def open_account(ctx, m):
        async with ctx.span("cassandra insert", "CLIENT") as c:
            await c.work(6)
            c.log.debug("CQL executed", table="balances", key=m.body["msisdn"], logger="store.go:133")
        if ctx.rng.random() < 0.04 and m.attempt == 1:
            ctx.log.warning("Rate plan not cached, requeue", plan=m.body["plan"], logger="rating.go:51")
            raise Exception("plan")
        ctx.log.info("Account opened", subscriber=m.body["msisdn"], plan=m.body["plan"], elapsed=f"{ctx.elapsed_ms():.3f}ms", logger="accounts.go:210", incoming=True)
        await ctx.publish("prov.replies", {"cid": m.body["cid"], "rc": 0}, producer_span=False)

    @charging.consumer("sim.blocked")
    async def freeze(ctx, m):
        await ctx.work(8)
        ctx.log.info(f"Balance frozen for {m.body['msisdn']}", logger="accounts.go:260", incoming=True)

    @charging.consumer("port.routed")
    async def takeover(ctx, m):
        ctx.log.info("Renaming account", to=m.body["tn"], msg=m.id, logger="accounts.go:288", incoming=True)
        await ctx.work(14)
    charging.noise(4, lambda log: log.info(f"GC forced; heap {w.rng.randrange(80, 400)} MiB", logger="main.go:40"))

    # ------------------------------------------------------------ numbers
    @numbers.http("POST /reserve")
    async def reserve(ctx, body):
        async with ctx.span("SELECT FOR UPDATE", "CLIENT") as c:
            await c.work(5)
            c.log.debug("select tn from pool where free for update skip locked limit 1", requester=body["for"])
        if ctx.rng.random() < 0.02:
            ctx.log.error("pool empty", requester=body["for"], incoming=True)
            return 409, {}
        tn = body["wish"] or "+49157%08d" % ctx.rng.randrange(10 ** 8)
        ctx.log.info("number reserved", msisdn=tn, requester=body["for"], incoming=True)
        return 200, {"msisdn": tn}

    @numbers.http("POST /release")
    async def release(ctx, body):
        await ctx.work(3)
        ctx.log.info("number released", msisdn=body["msisdn"], incoming=True)
        return 204, {}

    @numbers.consumer("sim.activated")
    async def assign(ctx, m):
        await ctx.work(5)
        ctx.log.info("reservation -> assigned", msisdn=m.body["msisdn"], act=m.body["act"])

    @numbers.consumer("port.accepted")
    async def import_tn(ctx, m):
        ctx.log.info("import of foreign number", tn=m.body["tn"], ref=m.body["port"], incoming=True)
        async with ctx.span("INSERT numbers", "CLIENT") as c:
            await c.work(4)
            c.log.debug("insert into numbers(tn,src) values($1,'port')", tn=m.body["tn"], rows=1)

    # ------------------------------------------------------------ portability
    @port.http("POST /ports")
    async def request_port(ctx, body):
        pno[0] += 1
        ref = f"DE-{pno[0]:05d}-{ctx.rng.choice('KMTV')}{ctx.rng.randrange(10)}"
        ctx.log.info("Port-in {PortRef} of {Number} from {Donor}", PortRef=ref, Number=body["tn"], Donor=body["donor"], incoming=True)
        async with ctx.span("INSERT Ports, Outbox", "CLIENT") as db:
            await db.work(7)
            db.log.debug("Executed DbCommand (7ms) INSERT INTO [Ports] ...; INSERT INTO [Outbox] ...")
        w.ports[ref] = {"state": "REQUESTED", "tn": body["tn"]}
        outbox.append((ctx, ref, body["tn"], body["donor"]))
        return 202, {"ref": ref}

    async def relay():
        while not w.closing:
            await sleep(250)
            rows, outbox[:] = list(outbox), []
            for ctx, ref, tn, donor in rows:
                async with ctx.producer("port.requested") as p:
                    await p.send({"port": ref, "tn": tn, "donor": donor})
                    p.log.debug("Outbox: dispatched port.requested for {PortRef}", PortRef=ref)
    w.background.append(relay)

    @port.consumer("port.requested", retries=2, retry_ms=600)
    async def to_clearing(ctx, m):
        ref = m.body["port"]
        async with ctx.client("npdb", "POST /npdb/requests") as c:
            s, a = await c.send({"ref": ref, "tn": m.body["tn"], "donor": m.body["donor"]})
            c.log.info("Clearing house answered {Status} for {PortRef}", Status=s, PortRef=ref)
        if s == 503: raise Exception("clearing house down")
        ctx.spawn(poll(ctx, ref, m.body["tn"], a["ticket"]))

    async def poll(ctx, ref, tn, ticket):
        for n in range(12):
            await sleep(700 + 100 * n)
            s, a = await ctx.call("npdb", f"GET /npdb/requests/{ticket}", {})
            if a["state"] != "OPEN": break
        if a["state"] == "ACCEPTED":
            w.ports[ref]["state"] = "ACCEPTED"
            ctx.log.info("{PortRef} accepted after {Polls} polls", PortRef=ref, Polls=n + 1)
            await ctx.publish("port.accepted", {"port": ref, "tn": tn})
            windows.append((ref, tn, ctx))
        else:
            w.ports[ref]["state"] = "REFUSED"
            ctx.log.warning("{PortRef} ended as {State}", PortRef=ref, State=a["state"])
            async with ctx.producer("port.refused") as p:
                await p.send({"port": ref, "tn": tn})

    @port.http("DELETE /ports/{ref}")
    async def withdraw(ctx, body):
        ref = body["_route"].split("/")[-1]
        late = w.ports[ref]["state"] not in ("REQUESTED", "ACCEPTED")
        await ctx.work(5)
        ctx.log.info("Withdrawal of {PortRef}: {Result}", PortRef=ref, Result="too late" if late else "ok", incoming=True)
        if late: return 409, {}
        w.ports[ref]["state"] = "WITHDRAWN"
        return 200, {}

    @port.every(5)
    async def cutover_window(ctx):
        rows, windows[:] = list(windows), []
        if not rows: return
        ctx.log.info("Cutover window opens with {Count} numbers", Count=len(rows))
        for ref, tn, c in rows:
            ctx.link(c)
            if w.ports[ref]["state"] == "WITHDRAWN": continue
            async with ctx.producer("port.cutover") as p:
                await p.send({"port": ref, "tn": tn})
                p.log.info("Cutover of {Number} ordered", Number=tn, PortRef=ref)
            w.ports[ref]["state"] = "PORTED"
    port.noise(7, lambda log: log.debug("Hangfire heartbeat"))

    # ------------------------------------------------------------ npdb (clearing house, everybody's)
    tickets = {}

    @npdb.http("POST /npdb/requests")
    async def lodge(ctx, body):
        if ctx.rng.random() < 0.06:
            ctx.log.warning(f"maintenance, refusing {body['ref']}", logger="de.npdb.RequestResource", incoming=True)
            return 503, {}
        t = f"T{len(tickets) + 48100}"
        async with ctx.span("validate tn") as c:
            await c.work(9)
            c.log.debug(f"range lookup {body['tn'][:6]}* -> {body['donor']}", logger="de.npdb.RangeTable")
        tickets[t] = w.ns() + ctx.rng.randrange(600, 4500) * 1_000_000
        ctx.log.info(f"lodged {body['ref']} as {t}, donor {body['donor']} notified", logger="de.npdb.RequestResource", incoming=True)
        return 202, {"ticket": t}

    @npdb.http("GET /npdb/requests/{ticket}")
    async def peek(ctx, body):
        t = body["_route"].split("/")[-1]
        await ctx.work(2)
        if w.ns() < tickets[t]: return 200, {"state": "OPEN"}
        state = "ACCEPTED" if int(t[1:]) % 9 else "REFUSED_CONTRACT"
        ctx.log.info(f"{t} handed out: {state}", logger="de.npdb.RequestResource", incoming=True)
        return 200, {"state": state}

    # ------------------------------------------------------------ smsc
    @smsc.http("POST /submit")
    async def submit(ctx, body):
        await ctx.work(3)
        ctx.log.info(f"submit_sm {body['kind']} part {body['part']} dest {body['to']}", incoming=True)
        return 200, {}

    @smsc.consumer("sim.activated")
    async def welcome(ctx, m):
        async with ctx.span("smpp submit_sm", "CLIENT") as c:
            await c.work(30)
            c.log.info(f"welcome sms to {m.body['msisdn']} queued")
        if ctx.rng.random() < 0.6:
            ctx.log.info(f"delivery receipt {m.body['msisdn']} DELIVRD")

    for topic, text in (("port.accepted", "your number {} will move to us"), ("port.refused", "sorry, {} cannot be moved"), ("port.routed", "{} is with us now")):
        @smsc.consumer(topic)
        async def tell(ctx, m, text=text):
            await ctx.work(20)
            ctx.log.info("sms: " + text.format(m.body["tn"]), incoming=True)
    smsc.noise(5, lambda log: log.info("enquire_link ok"))


async def load(w):
    r = w.rng

    async def sim(i):
        iccid = "894920" + "%013d" % r.randrange(10 ** 13)
        s, a = await w.start("lb", "POST /activations", {"iccid": iccid, "plan": r.choice(["S-2026", "M-2026", "XL-DATA", "KIDS"])})
        if s != 202: return
        await sleep(r.uniform(300, 4000))
        if i % 3 == 0: await w.start("lb", f"GET /activations/{a['id']}")
        if i % 6 == 1:
            await sleep(3000)
            if w.subs[iccid]["state"] == "ACTIVE": await w.start("lb", f"POST /sims/{iccid}/block", {"why": r.choice(["lost", "stolen"])})

    async def porting(i):
        s, a = await w.start("lb", "POST /ports", {"tn": "+49171%08d" % r.randrange(10 ** 8), "donor": r.choice(["D049", "D023", "D107"])})
        if i % 9 == 0:
            await sleep(r.uniform(1000, 6000))
            await w.start("lb", f"DELETE /ports/{a['ref']}")
    await arrivals(w, 105, 4, lambda i: porting(i) if i % 5 < 2 else sim(i))
    await sleep(6000)

record(build, load, "e_telco")
