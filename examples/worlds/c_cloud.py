"""Control plane of a small cloud: accepted operations, a conductor that is a state machine over command and reply queues, placement, ports, volumes and image prefetch side by side,
hypervisors whose guests phone home, rescheduling and teardown when a boot fails, resize by live migration, reconcile loop, metering in batches."""
import json
from world import *


def aspnet(r):        # api: .NET JSON console with scopes
    d = {"Timestamp": isoz(r, 7), "EventId": r.fields.pop("eid", 0) if r.fields else 0, "LogLevel": {"DEBUG": "Debug", "INFO": "Information", "WARN": "Warning", "ERROR": "Error"}[r.level], "Category": r.logger, "Message": r.message}
    if r.fields: d["State"] = r.fields
    if r.trace_id: d["Scopes"] = [{"Message": f"SpanId:{r.span_id}, TraceId:{r.trace_id}", "SpanId": r.span_id, "TraceId": r.trace_id} | ({"ParentId": r.incoming_parent} if r.incoming_parent else {})]
    return json.dumps(d, separators=(",", ":"))

def klog(r):          # conductor: klog structured
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) else v}" for k, v in r.fields.items())
    if r.trace_id: kv += f' traceID="{r.trace_id}" spanID="{r.span_id}"'
    if r.incoming_parent: kv += f' parentSpanID="{r.incoming_parent}"'
    return f"{r.level.replace('DEBUG', 'INFO')[0]}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid:7d} {r.logger}] {json.dumps(r.message)}{kv}"

def oslo(r):          # placer: oslo.log
    ctx = f"[trace-{r.trace_id} span-{r.span_id}" + (f" parent-{r.incoming_parent}" if r.incoming_parent else "") + "]" if r.trace_id else "[-]"
    return f"{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d} {r.pid} {r.level.replace('WARN', 'WARNING')} placer.{r.logger} {ctx} {r.message}"

def mojo(r):          # ipam: Mojolicious
    ids = f" [{r.trace_id}/{r.span_id}]" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 10:05d}] [{r.pid}] [{r.level.lower()}]{ids} {r.message}" + (f" <traceparent {r.incoming}>" if r.incoming else "")

def ceph(r):          # blockstore
    n = {"DEBUG": 10, "INFO": 1, "WARN": 0, "ERROR": -1}[r.level]
    ids = f"(t={r.trace_id} s={r.span_id}) " if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-2] + f" p={r.incoming_parent}) "
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}+0000 7f{(r.thread * 8191 + 0x31a0):06x} {n:2d} blk.{r.logger} {ids}{r.message}"

def envlogger(r):     # imaged: Rust env_logger, whole seconds
    kv = "".join(f" {k}={v}" for k, v in r.fields.items())
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    return f"[{isoz(r, 0)} {r.level:<5} imaged::{r.logger}] {r.message}{kv}{ids}"

def rfc5424(r):       # hyperd
    sd = f'[otel@32473 trace_id="{r.trace_id}" span_id="{r.span_id}"' + (f' parent_span_id="{r.incoming_parent}"' if r.incoming_parent else "") + "]" if r.trace_id else "-"
    pri = 24 + {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    return f"<{pri}>1 {isoz(r, 6)} {r.fields.get('hv', 'hv-ctl')} hyperd {r.pid} - {sd} {r.message}"

def console(r):       # meter: structlog console
    d = dict(r.fields)
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return f"{isoz(r, 6)} [{ {'WARN': 'warning'}.get(r.level, r.level.lower()):<9}] {r.message:<30} [meter] " + " ".join(f"{k}={v}" for k, v in d.items())

def lambdaish(r):     # names: function runtime, tabs
    ids = f"\t{r.trace_id}\t{r.span_id}" if r.trace_id else "\t-\t-"
    return f"{isoz(r)}{ids}\t{r.level}\t{r.message}" + (f"\ttraceparent={r.incoming}" if r.incoming else "")


def build(w):
    w.network_ms, w.broker_ms = 1.1, 7
    w.new_message_id = lambda: f"{w.ids.getrandbits(48):012x}"
    w.vms, w.ops, usage = {}, {}, []
    num = {"ip": 20}

    api = w.service("api", aspnet, errors=lambda c, e: c.log.error(f"Unhandled exception: System.InvalidOperationException: {e}", logger="Nimbus.Api.ExceptionFilter", eid=1))
    con = w.service("conductor", klog, errors=lambda c, e: c.log.error("Reconciler error", logger="controller.go:324", err=str(e)))
    pla = w.service("placer", oslo, errors=lambda c, e: c.log.error(f"Exception during message handling: RuntimeError: {e}\nTraceback (most recent call last):\n  File \"/opt/placer/rpc.py\", line 165, in _process_incoming\n    res = self.dispatcher.dispatch(message)\nRuntimeError: {e}", logger="rpc.server"))
    ipm = w.service("ipam", mojo, errors=lambda c, e: c.log.error(f"{e} at lib/Ipam/Bus.pm line 88."))
    blk = w.service("blockstore", ceph, errors=lambda c, e: c.log.error(f"handler failed: {e}", logger="msgr"))
    img = w.service("imaged", envlogger, errors=lambda c, e: c.log.error(f"task panicked: {e}", logger="bus"))
    hyp = w.service("hyperd", rfc5424, errors=lambda c, e: c.log.error(f"internal error: {e}"))
    met = w.service("meter", console, errors=lambda c, e: c.log.error("consumer_crashed", error=str(e).replace(" ", "_")))
    nam = w.service("names", lambdaish, errors=lambda c, e: c.log.error(f"Invoke Error {e}"))

    # ---------------------------------------------------------------- api
    async def accept(c, kind, vm, body):
        op = f"op-{c.rng.getrandbits(32):08x}"
        async with c.span("INSERT operations", "CLIENT") as s:
            await s.work(5)
            s.log.debug(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) [Parameters=[@p0='{op}', @p1='{vm}'], CommandType='Text'] INSERT INTO operations (id, instance) VALUES (@p0, @p1)", logger="Microsoft.EntityFrameworkCore.Database.Command", eid=20101)
        w.ops[op] = vm
        async with c.producer("ops." + kind) as p:
            await p.send(body | {"op": op, "vm": vm})
            if kind != "delete": p.log.info(f"Operation {op} queued", logger="Nimbus.Api.OperationQueue", instance=vm)
        return op

    @api.http("POST /v1/instances")
    async def create(c, b):
        vm = f"i-{c.rng.getrandbits(44):011x}"
        c.log.info(f"Request starting HTTP/2 POST /v1/instances - application/json {c.rng.randrange(200, 900)}", logger="Microsoft.AspNetCore.Hosting.Diagnostics", eid=1, incoming=True)
        async with c.span("redis quota", "CLIENT") as s:
            await s.work(2)
            full = c.rng.random() < 0.04
            if full: s.log.warning(f"Quota of project {b['project']} exhausted", logger="Nimbus.Api.Quota")
        if full:
            c.log.info(f"Request finished HTTP/2 POST /v1/instances - 403 - {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", eid=2)
            return 403, {}
        w.vms[vm] = {"state": "building", "flavor": b["flavor"], "got": {}, "host": None, "tries": 0}
        op = await accept(c, "create", vm, {"flavor": b["flavor"], "image": b["image"], "project": b["project"]})
        c.log.info(f"Request finished HTTP/2 POST /v1/instances - 202 - {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", eid=2, operation=op, instance=vm)
        return 202, {"op": op}

    @api.http("DELETE /v1/instances/{vm}")
    async def delete(c, b):
        vm = b["_route"].split("/")[-1]
        op = await accept(c, "delete", vm, {})
        c.log.info(f"Deletion of {vm} accepted as {op}", logger="Nimbus.Api.InstanceController", incoming=True)
        return 202, {}

    @api.http("POST /v1/instances/{vm}/resize")
    async def resize(c, b):
        vm = b["_route"].split("/")[3]
        op = await accept(c, "resize", vm, {"flavor": b["flavor"]})
        c.log.info(f"Resize of {vm} to {b['flavor']} accepted", logger="Nimbus.Api.InstanceController", incoming=True, operation=op)
        return 202, {}

    @api.http("GET /v1/operations/{op}")
    async def poll(c, b):
        async with c.span("SELECT operations", "CLIENT") as s:
            await s.work(3)
            if c.rng.random() < 0.5: s.log.debug(f"Executed DbCommand ({s.elapsed_ms():.0f}ms) [Parameters=[@p0='{b['_route'].split('/')[-1]}'], CommandType='Text'] SELECT state FROM operations WHERE id = @p0", logger="Microsoft.EntityFrameworkCore.Database.Command", eid=20101)
        c.log.info(f"Request finished HTTP/2 {b['_route']} - 200 - {c.elapsed_ms():.4f}ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", eid=2, incoming=True)
        return 200, {}

    @api.http("POST /metadata/phone-home")
    async def phone(c, b):
        await c.work(3)
        async with c.producer("vm.alive") as p:
            await p.send({"vm": b["vm"], "op": b["op"]})
        c.log.info(f"Guest {b['vm']} phoned home", logger="Nimbus.Api.Metadata", eid=40, incoming=True)
        return 204, {}

    # ---------------------------------------------------------------- conductor: one step a message
    async def etcd(c, vm, state, told=True):
        async with c.span("etcd txn", "CLIENT") as s:
            await s.work(4)
            if told: s.log.debug("State written", logger="store.go:51", instance=vm, state=state)

    @con.consumer("ops.create")
    async def begin(c, m):
        c.log.info("Reconciling", logger="create.go:40", instance=m.body["vm"], op=m.body["op"], delivery=m.id, incoming=True)
        await etcd(c, m.body["vm"], "Scheduling")
        await c.publish("placer.select", m.body)

    @con.consumer("conductor.placed")
    async def placed(c, m):
        b = m.body
        vm = w.vms[b["vm"]]
        if not b["host"]:
            c.log.error("NoValidHost", logger="create.go:77", instance=b["vm"], incoming=True)
            vm["state"] = "error"
            if vm["tries"]: await teardown(c, b, "no valid host")
            else: await c.publish("vm.failed", {"vm": b["vm"], "op": b["op"], "why": "capacity"})
            return
        vm["host"] = b["host"]
        c.log.info("Host chosen", logger="create.go:84", instance=b["vm"], host=b["host"], incoming=True)
        if b.get("migrate"):
            async with c.producer("hv.migrate") as p:
                await p.send(b)
                p.log.debug("Sent migrate", logger="resize.go:31", instance=b["vm"])
            return
        async def order(topic):
            async with c.producer(topic) as p:
                await p.send(b)
                if topic == "port.create" or c.rng.random() < 0.6: p.log.debug("Command sent", logger="commands.go:22", cmd=topic, instance=b["vm"])
        if vm["tries"]: await order("image.prefetch")   # port and volume stay
        else: await asyncio.gather(order("port.create"), order("volume.create"), order("image.prefetch"))

    @con.consumer("conductor.ready")
    async def ready(c, m):
        b = m.body
        vm = w.vms[b["vm"]]
        vm["got"][b["part"]] = b["val"]
        left = [x for x in ("port", "volume", "image") if x not in vm["got"]]
        if left:
            await c.work(0.8)
            if len(left) == 1 or c.rng.random() < 0.4: c.log.debug("Waiting", logger="create.go:101", instance=b["vm"], missing=",".join(left), incoming=True)
            return
        c.log.info("All resources ready, booting", logger="create.go:108", instance=b["vm"], host=vm["host"], ip=str(vm["got"]["port"]), incoming=True)
        await etcd(c, b["vm"], "Booting")
        async with c.producer("hv.boot") as p:
            await p.send({k: b[k] for k in ("vm", "op", "flavor", "image", "project")} | {"host": vm["host"]})
            p.log.info("Command sent", logger="commands.go:22", cmd="hv.boot", instance=b["vm"])

    @con.consumer("hv.booted")
    async def booted(c, m):
        b = m.body
        vm = w.vms[b["vm"]]
        if b["ok"]:
            c.log.debug("Domain running, awaiting guest", logger="create.go:130", instance=b["vm"], incoming=True)
            return
        vm["tries"] += 1
        c.log.warning("Boot failed", logger="create.go:134", instance=b["vm"], host=vm["host"], reason=b["why"], attempt=vm["tries"], incoming=True)
        if vm["tries"] < 2:
            vm["got"].pop("image", None)
            async with c.producer("placer.select") as p:
                p.log.info("Rescheduling", logger="create.go:139", instance=b["vm"], exclude=vm["host"])
                await p.send(b | {"exclude": vm["host"]})
        else: await teardown(c, b, "boot failed twice")

    async def teardown(c, b, why):
        async with c.span("teardown") as s:
            s.log.warning("Compensating", logger="undo.go:19", instance=b["vm"], why=why)
            await asyncio.gather(s.publish("port.release", b), s.publish("volume.release", b))
        w.vms[b["vm"]]["state"] = "error"
        await c.publish("vm.failed", {"vm": b["vm"], "op": b["op"], "why": "boot"})

    @con.consumer("vm.alive")
    async def alive(c, m):
        await etcd(c, m.body["vm"], "Active", c.rng.random() < 0.5)
        w.vms[m.body["vm"]]["state"] = "active"
        async with c.producer("vm.active") as p:
            await p.send(m.body | {"flavor": w.vms[m.body["vm"]]["flavor"]})
        c.log.info("Operation finished", logger="create.go:160", op=m.body["op"], instance=m.body["vm"], incoming=True)

    @con.consumer("ops.delete")
    async def remove(c, m):
        vm = w.vms[m.body["vm"]]
        c.log.info("Deleting", logger="delete.go:25", instance=m.body["vm"], host=str(vm["host"]), incoming=True)
        vm["state"] = "deleting"
        await c.publish("hv.destroy", m.body | {"host": vm["host"]})

    @con.consumer("hv.gone")
    async def gone(c, m):
        async def order(topic):
            async with c.producer(topic) as p:
                await p.send(m.body)
                p.log.debug("Command sent", logger="commands.go:22", cmd=topic, instance=m.body["vm"])
        await asyncio.gather(order("port.release"), order("volume.release"), order("vm.deleted"))
        w.vms[m.body["vm"]]["state"] = "deleted"

    @con.consumer("ops.resize")
    async def res(c, m):
        await etcd(c, m.body["vm"], "Resizing")
        async with c.producer("placer.select") as p:
            await p.send(m.body | {"migrate": True})
            p.log.info("Resize: asking for a host", logger="resize.go:20", instance=m.body["vm"], flavor=m.body["flavor"])

    @con.consumer("hv.migrated")
    async def migrated(c, m):
        await etcd(c, m.body["vm"], "Active", False)
        w.vms[m.body["vm"]] |= {"state": "active", "flavor": m.body["flavor"]}
        c.log.info("Operation finished", logger="resize.go:58", op=m.body["op"], instance=m.body["vm"], incoming=True)
        await c.publish("vm.resized", m.body)

    @con.every(9)
    async def drift_scan(c):
        async def one(h):
            async with c.client("hyperd", f"GET /domains/{h}") as k:
                st, a = await k.send({})
                k.log.debug("Domains listed", logger="drift.go:33", host=h, n=a.get("n", -1), http=st)
                return st
        got = await asyncio.gather(*[one(f"hv{x:02d}") for x in c.rng.sample(range(1, 19), 5)])
        c.log.info("Drift scan complete", logger="drift.go:48", hosts=5, unreachable=sum(g != 200 for g in got))

    # ---------------------------------------------------------------- placer
    @pla.consumer("placer.select", concurrency=4)
    async def select(c, m):
        b = m.body
        c.log.debug(f"Starting to schedule for instances: ['{b['vm']}'] ({m.topic} {m.id})", logger="manager", incoming=True)
        async with c.span("SELECT allocation_candidates", "CLIENT") as s:
            await s.work(14)
            n = c.rng.choice([0] + [c.rng.randrange(2, 16)] * 25)
            if n: s.log.debug(f"{n} allocation candidates for flavor {b['flavor']}", logger="db.api")
        async with c.span("filters and weights") as s:
            await s.work(9)
            host = f"hv{c.rng.randrange(1, 19):02d}" if n else None
            s.log.info(f"Filter ComputeFilter returned {n} host(s)" if n else f"Filter RamFilter returned 0 hosts for {b['vm']}", logger="filters")
        async with c.producer("conductor.placed") as p:
            await p.send(b | {"host": host})
        c.log.info(f"Selected {host} for {b['vm']}, took {c.elapsed_ms() / 1000:.3f}s", logger="manager")

    # ---------------------------------------------------------------- ipam, block store, images
    @ipm.consumer("port.create", retries=3, retry_ms=150)
    async def port(c, m):
        async with c.span("pg select for update", "CLIENT") as s:
            await s.work(8)
            if c.rng.random() < 0.06 and m.attempt < 3:
                s.log.warn(f"DBD::Pg::st execute failed: ERROR: could not serialize access (vm {m.body['vm']})")
                raise Exception("serialize")
        num["ip"] += 1
        ip = f"10.128.{num['ip'] // 250}.{num['ip'] % 250 + 2}"
        c.log.info(f"{m.body['vm']} gets {ip} mac fa:16:3e:{c.rng.randrange(256):02x}:{c.rng.randrange(256):02x}:{c.rng.randrange(256):02x}", incoming=True)
        await c.publish("conductor.ready", m.body | {"part": "port", "val": ip})

    @ipm.consumer("port.release")
    async def unport(c, m):
        async with c.span("pg delete", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"delete from port where owner = '{m.body['vm']}' -- 1 row")

    @blk.consumer("volume.create")
    async def volume(c, m):
        v = f"vol-{c.rng.getrandbits(32):08x}"
        c.log.debug(f"<== create {v} for {m.body['vm']} {c.rng.choice([20, 40, 80])}G pool ssd", logger="vol", incoming=True)
        async with c.span("rados clone", "CLIENT") as s:
            await s.work(160, 0.6)
            if s.elapsed_ms() > 300: s.log.warning(f"slow request {s.elapsed_ms() / 1000:.3f} secs, clone of {v}", logger="osd")
            else: s.log.debug(f"clone {v} r=0", logger="osd")
        async with c.producer("conductor.ready") as p:
            await p.send(m.body | {"part": "volume", "val": v})
            p.log.info(f"==> {v} ready lat {c.elapsed_ms() / 1000:.6f}", logger="vol")

    @blk.consumer("volume.release", retries=2, retry_ms=600)
    async def unvolume(c, m):
        if c.rng.random() < 0.1 and m.attempt < 3:
            c.log.warning(f"volume of {m.body['vm']} has watchers, still in use", logger="vol", incoming=True)
            raise Exception("busy")
        await c.work(70)
        c.log.info(f"removed volume of {m.body['vm']} r=0", logger="vol", incoming=True)

    @img.consumer("image.prefetch")
    async def prefetch(c, m):
        b = m.body
        async with c.span("stat cache") as s:
            await s.work(2)
            hit = c.rng.random() < 0.7
            s.log.debug(f"{'hit' if hit else 'miss'} {b['image']}", logger="cache", host=b["host"])
        if not hit:
            async with c.span("GET registry blob", "CLIENT") as s:
                await s.work(700, 0.5)
                s.log.info(f"pulled {b['image']}", logger="pull", host=b["host"], mib=c.rng.randrange(200, 2200))
        async with c.producer("conductor.ready") as p:
            await p.send(b | {"part": "image", "val": b["image"]})
            p.log.debug("notified conductor", logger="bus", instance=b["vm"])
        c.log.info(f"{b['image']} on {b['host']} for {b['vm']}", logger="bus", ms=round(c.elapsed_ms()), incoming=True)

    # ---------------------------------------------------------------- hypervisors
    @hyp.consumer("hv.boot")
    async def boot(c, m):
        b = m.body
        hv = b["host"]
        c.log.info(f"boot {b['vm']} op {b['op']}", hv=hv, incoming=True)
        async with c.span("virDomainDefineXML") as s:
            await s.work(25)
            s.log.debug(f"defined {b['vm']} flavor {b['flavor']}", hv=hv)
        async with c.span("virDomainCreate") as s:
            await s.work(220)
            bad = c.rng.random() < 0.08
            if bad: s.log.error(f"qemu unexpectedly closed the monitor: {b['vm']}: cannot allocate memory", hv=hv); s.fail()
            else: s.log.info(f"started {b['vm']} as domain {c.rng.randrange(900)}", hv=hv)
        if not bad:
            async def guest():
                await sleep(900 + c.rng.expovariate(1 / 1200))
                await c.call("api", "POST /metadata/phone-home", {"vm": b["vm"], "op": b["op"]}, client_span=False)
            c.spawn(guest())
        async with c.producer("hv.booted") as p:
            x = await p.send(b | {"ok": not bad, "why": "ENOMEM" if bad else ""})
            p.log.debug(f"report {x} sent", hv=hv)

    @hyp.consumer("hv.destroy")
    async def destroy(c, m):
        hv = m.body["host"]
        async with c.span("virDomainShutdown") as s:
            await s.work(400, 0.6)
            if s.elapsed_ms() > 700: s.log.warning(f"{m.body['vm']} ignored ACPI shutdown, destroying", hv=hv)
            else: s.log.info(f"{m.body['vm']} shut down", hv=hv)
        await c.publish("hv.gone", m.body)
        c.log.info(f"undefined {m.body['vm']}", hv=hv, incoming=True)

    @hyp.consumer("hv.migrate")
    async def migrate(c, m):
        hv = m.body["host"]
        async with c.span("virDomainMigrate3") as s:
            for pct in (0, 35, 80, 100):
                s.log.info(f"migration of {m.body['vm']} {pct}%", hv=hv)
                await s.work(260, 0.5)
        async with c.producer("hv.migrated") as p:
            await p.send(m.body)
            p.log.info(f"{m.body['vm']} now lives on {hv}", hv=hv)

    @hyp.http("GET /domains/{hv}")
    async def domains(c, b):
        hv = b["_route"].split("/")[-1]
        await c.work(30)
        if c.rng.random() < 0.06:
            c.log.error("libvirt: client socket is closed", hv=hv, incoming=True)
            return 503, {}
        c.log.debug(f"GET /domains/{hv} 200 {c.elapsed_ms():.1f}ms", hv=hv, incoming=True)
        return 200, {"n": c.rng.randrange(3, 30)}

    # ---------------------------------------------------------------- metering and names
    def metered(topic, word):
        @met.consumer(topic)
        async def on(c, m):
            usage.append((m.body["vm"], c))
            await c.work(2)
            c.log.info("usage_event", kind=word, resource=m.body["vm"], incoming=True)
    metered("vm.active", "start"); metered("vm.deleted", "stop"); metered("vm.resized", "change")

    @met.consumer("vm.failed")
    async def failed(c, m):
        await c.work(2)
        c.log.warning("not_billed", resource=m.body["vm"], operation=m.body["op"], reason=m.body["why"], incoming=True)

    @met.every(6)
    async def rollup(c):
        take = usage[:]
        usage.clear()
        for u in take: c.link(u[1])
        async with c.span("COPY usage_hourly", "CLIENT") as s:
            await s.work(20 + 2 * len(take))
            if take: s.log.debug("copied", rows=len(take))
        c.log.info("rollup_finished", events=len(take), seconds=round(c.elapsed_ms() / 1000, 3))

    def naming(topic, verb):
        @nam.consumer(topic, retries=1)
        async def on(c, m):
            async with c.span("route53 ChangeRecordSets", "CLIENT") as s:
                await s.work(90, 0.5)
                if c.rng.random() < 0.05 and m.attempt == 1:
                    s.log.warning("Throttling: Rate exceeded, the message will come again")
                    raise Exception("throttled")
                s.log.info(f"{verb} {m.body['vm']}.vm.nimbus.example IN A")
            if c.rng.random() < 0.5: c.log.debug(f"END Duration: {c.elapsed_ms():.2f} ms", incoming=True)
    naming("vm.active", "UPSERT"); naming("vm.deleted", "DELETE")

    def banner(svc, f):
        async def run(): f(svc.log)
        w.background.append(run)
    banner(con, lambda l: [l.info("Starting controller", logger="main.go:61", version="v0.31.4"), l.info("Successfully acquired lease conductor-leader", logger="leaderelection.go:258")])
    hyp.noise(1.6, lambda l: l.debug(f"stats: load {w.rng.random() * 20:.2f} mem {w.rng.randrange(20, 95)}%", hv=f"hv{w.rng.randrange(1, 19):02d}"))
    api.noise(5, lambda l: l.info("Request finished HTTP/1.1 GET /livez - 200 - 0.4182ms", logger="Microsoft.AspNetCore.Hosting.Diagnostics", eid=2))
    pla.noise(6, lambda l: l.info(f"Updated inventory for {w.rng.randrange(12, 19)} hosts", logger="report"))
    blk.noise(4, lambda l: l.debug("tick cache 812/4096 flushing 0", logger="cache"))
    img.noise(9, lambda l: l.info("gc removed layers", logger="cache", n=w.rng.randrange(9)))
    ipm.noise(8, lambda l: l.debug("pool 10.128.0.0/16 free " + str(65000 - num["ip"])))


async def load(w):
    r = w.rng
    async def one(i):
        live = [v for v, x in w.vms.items() if x["state"] == "active"]
        x = r.random()
        if w.ops and x < 0.18: await w.start("api", f"GET /v1/operations/{r.choice(list(w.ops)[-30:])}")
        elif live and x < 0.30:
            v = r.choice(live)
            w.vms[v]["state"] = "deleting"
            await w.start("api", f"DELETE /v1/instances/{v}")
        elif live and x < 0.38:
            v = r.choice(live)
            w.vms[v]["state"] = "resizing"
            await w.start("api", f"POST /v1/instances/{v}/resize", {"flavor": r.choice(["c4.large", "m8.xlarge"])})
        else: await w.start("api", "POST /v1/instances", {"flavor": r.choice(["s1.tiny", "s2.small", "c4.large", "m8.xlarge"]), "image": r.choice(["debian-13", "ubuntu-26.04", "rocky-10", "win2025"]), "project": f"prj{r.randrange(100, 140)}"})
    await arrivals(w, 160, 4, one)

record(build, load, "c_cloud")
