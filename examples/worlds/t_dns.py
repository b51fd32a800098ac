"""Managed DNS with certificates: zone changes are signed, distributed to name servers by NOTIFY and IXFR and joined until in sync;
ACME orders put challenges out, wait for callbacks, are validated from several perspectives; keys roll over in batches; customers get webhooks."""
import json
from world import *


def envoy(r):                     # edge: Envoy's default access log and its own application log
    f = r.fields
    if "path" not in f: return f"[{r.time:%Y-%m-%d %H:%M:%S}.{r.time.microsecond // 1000:03d}][{r.pid}][{r.level.lower()}][{r.logger}] [{f.get('src', 'source/server/server.cc:882')}] {r.message}"
    begin = r.ns - int(f["took"] * 1e6)
    t = datetime.datetime.fromtimestamp(begin // NS, datetime.timezone.utc)
    ids = f' "{r.trace_id}" "{r.span_id}"' if r.trace_id else ' "-" "-"'
    if r.incoming: ids += f' "{r.incoming}"'
    return (f'[{t:%Y-%m-%dT%H:%M:%S}.{begin % NS // 1_000_000:03d}Z] "{f["verb"]} {f["path"]} HTTP/2" {f["st"]} {"-" if f["st"] < 500 else "UF"} {f["inb"]} {f["outb"]} {int(f["took"])} {max(0, int(f["took"]) - 1)} '
            f'"{f["ip"]}" "{f["ua"]}" "{f["rid"]}" "api.zonewerk.net" "10.8.3.{f["inb"] % 9 + 2}:8443"{ids}')

def zapjson(r):                   # dnsapi: zap production with otelzap fields
    d = {"level": r.level.lower(), "ts": round(r.ns / NS, 6), "logger": r.logger, "caller": r.fields.get("_c", "server/zones.go:88"), "msg": r.message}
    d |= {k: v for k, v in r.fields.items() if k != "_c"}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def tracing_full(r):              # zonedb: tracing-subscriber, default format
    f = dict(r.fields)
    scope = f.pop("_in", "")
    ids = f"otel{{trace_id={r.trace_id} span_id={r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-1] + f" parent={r.incoming_parent}}}"
    scope = ":".join(x for x in (ids, scope) if x)
    tail = "".join(f" {k}={v if not isinstance(v, str) or k in ('elapsed', 'zone') else json.dumps(v, ensure_ascii=False)}" for k, v in f.items())
    return f"{isoz(r, 6)} {r.level:>5} {scope + ': ' if scope else ''}{r.logger}: {(r.message + tail).strip()}"

def tracing_json(r):              # signerd: tracing-subscriber json
    d = {"timestamp": isoz(r, 9), "level": r.level, "fields": {"message": r.message, **r.fields}, "target": r.logger}
    if r.trace_id: d["span"] = {"trace_id": r.trace_id, "span_id": r.span_id, "name": "job"}
    if r.incoming_parent: d["span"]["parent_span_id"] = r.incoming_parent
    d["threadId"] = f"ThreadId({r.thread:02d})"
    return json.dumps(d)

def logrus(r):                    # distributor: logrus text formatter, full timestamp, sorted keys, whole seconds
    q = lambda v: json.dumps(str(v)) if any(c in str(v) for c in ' =":,') else v
    f = dict(r.fields)
    if r.trace_id: f |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming: f["traceparent"] = r.incoming
    return f'time="{r.time:%Y-%m-%dT%H:%M:%SZ}" level={"warning" if r.level == "WARN" else r.level.lower()} msg={json.dumps(r.message)}' + "".join(f" {k}={q(f[k])}" for k in sorted(f))

def coredns(r):                   # ns-ams: CoreDNS
    ids = f" {{trace {r.trace_id} {r.span_id}}}" if r.trace_id else ""
    if r.incoming_parent: ids = ids[:-1] + f" <- {r.incoming_parent}}}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}Z [{'WARNING' if r.level == 'WARN' else r.level}] {r.message}{ids}"

def knot(r):                      # ns-sin: knotd through rsyslog with ISO dates
    ids = f" tp={r.trace_id}-{r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" rcvd={r.incoming}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d}+00:00 ns-sin-2 knotd[{r.pid}]: {r.level.lower().replace('warn', 'warning')}: {r.message}{ids}"

def ctrl(r):                      # acmed: controller-runtime with klog/zap console: tabs, JSON tail
    f = dict(r.fields)
    if r.trace_id: f |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming_parent: f["parentSpanID"] = r.incoming_parent
    return f"{isoz(r)}\t{r.level}\t{r.logger}\t{r.message}" + ("\t" + json.dumps(f) if f else "")

def boulder(r):                   # ca: Boulder in syslog: checksum, audit lines with JSON
    n = {"DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3}[r.level]
    j = " JSON=" + json.dumps(r.fields, separators=(",", ":")) if r.fields else ""
    ids = f" [{r.trace_id} {r.span_id}]" if r.trace_id else ""
    if r.incoming: ids += f" [in {r.incoming}]"
    return f"{isoz(r, 6)} {n} {r.logger} {hash_(r.message)} {r.message}{j}{ids}"

def hash_(s): return "%07x" % (sum((i + 7) * ord(c) * 2654435 for i, c in enumerate(s)) & 0xfffffff)

def elixir(r):                    # hooks: Elixir Logger, metadata before the message
    md = f"request_id={r.fields.get('rid', '-')} " if "rid" in r.fields else ""
    if r.trace_id: md = f"trace_id={r.trace_id} span_id={r.span_id} " + md
    if r.incoming_parent: md += f"parent={r.incoming_parent} "
    return f"{r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {md}[{'warning' if r.level == 'WARN' else r.level.lower()}] {r.message}"


ALPHA = "0123456789abcdefghjkmnpqrstvwxyz"

def build(w):
    w.network_ms, w.broker_ms = 0.7, 2.5
    seq = [w.rng.randrange(88_000, 400_000)]
    def mid():
        seq[0] += 1
        return f"ZONES:{seq[0]}"
    w.new_message_id = mid

    edge = w.service("edge", envoy)
    api = w.service("dnsapi", zapjson, errors=lambda c, e: c.log.error("message handler failed, terminating message", error=str(e), _c="events/consume.go:141", logger="dnsapi.events"))
    db = w.service("zonedb", tracing_full)
    sign = w.service("signerd", tracing_json, errors=lambda c, e: c.log.error("signing job failed", error=f"Os {{ code: 5, kind: Other, message: \"{e}\" }}", logger="signerd::worker"))
    dist = w.service("distributor", logrus, errors=lambda c, e: c.log.error("giving up", error=e))
    ams = w.service("ns-ams", coredns, errors=lambda c, e: c.log.error(f"plugin/secondary: {e}"))
    sin = w.service("ns-sin", knot, errors=lambda c, e: c.log.error(f"control, failed ({e})"))
    acme = w.service("acmed", ctrl, errors=lambda c, e: c.log.error("Reconciler error", error=str(e), controller="certificaterequest", logger="controller"))
    ca = w.service("ca", boulder)
    hooks = w.service("hooks", elixir, errors=lambda c, e: c.log.error(f"GenServer {{Hooks.Registry, :deliver}} terminating\n** (RuntimeError) {e}\n    (hooks 2.4.1) lib/hooks/deliver.ex:58: Hooks.Deliver.run/2\n    (stdlib 4.3) gen_server.erl:1123: :gen_server.try_dispatch/4"))

    r0 = w.rng
    words = ["amber", "birch", "cobalt", "delta", "ember", "fjord", "grain", "harbor", "indigo", "juniper", "kelp", "lumen", "maple", "nimbus", "ochre", "pebble"]
    w.zones = {f"{a}-{r0.choice(words)}.{r0.choice(['dev', 'net', 'io', 'org', 'example'])}": {"serial": 2026030100 + r0.randrange(90), "key": r0.randrange(1000, 65000), "cust": f"cus_{r0.randrange(10**5, 10**6)}"} for a in words}
    w.ops, w.certs, joins, ready = {}, [], {}, {}
    ulid = lambda: "".join(r0.choice(ALPHA) for _ in range(12))

    # ------------------------------------------------------------ edge
    @edge.http("ANY *")
    async def route(c, b):
        verb, path = b["_route"].split(" ")
        to = "acmed" if "/certs" in path else "dnsapi"
        st, a = await c.call(to, b["_route"], b, client_span=False)
        rid = "%08x-%04x-9%03x-b%03x-%012x" % tuple(c.rng.getrandbits(n) for n in (32, 16, 12, 12, 48))
        c.log.info("", verb=verb, path=path, st=st, took=c.elapsed_ms(), inb=c.rng.randrange(0, 700), outb=c.rng.randrange(40, 900), ip=f"203.0.113.{c.rng.randrange(250)}", rid=rid, incoming=True,
                   ua=c.rng.choice(["terraform-provider-zonewerk/1.8.2", "external-dns/v0.14.0", "curl/8.5.0", "octodns/1.5", "lego-cli/4.16"]))
        return st, a
    edge.noise(9, lambda l: l.info("cm init: all clusters initialized" if r0.random() < .2 else "starting cds/lds update: 0 added, 0 removed, 41 unchanged", logger="upstream", src="source/common/upstream/cds_api_helper.cc:32"))

    # ------------------------------------------------------------ dnsapi
    def fin(c, method, code="OK", **k):
        c.log.info("finished call", protocol="grpc", **{"grpc.component": "server", "grpc.service": "zonewerk.v1.Zones", "grpc.method": method, "grpc.code": code, "grpc.time_ms": round(c.elapsed_ms(), 3)}, _c="logging/interceptors.go:42", logger="dnsapi.grpc", **k)

    async def change(c, zone, what, opname):
        op = "chg_" + ulid()
        st, a = await c.call("zonedb", "rpc ApplyChange", {"zone": zone, "what": what, "op": op})
        if st != 200: return None
        w.ops[op] = {"zone": zone, "state": "PENDING"}
        async with c.producer("zones.changed") as p:
            m = await p.send({"op": op, "zone": zone, "serial": a["serial"], "kind": what})
            p.log.debug("published", subject="zones.changed", stream="ZONES", seq=int(m.split(":")[1]), change=op, _c="events/publish.go:57", logger="dnsapi.events")
        return op

    @api.http("POST /v1/zones/{zone}/rrsets")
    async def upsert(c, b):
        zone = b["_route"].split("/")[3]
        c.log.info("started call", protocol="grpc", **{"grpc.component": "server", "grpc.service": "zonewerk.v1.Zones", "grpc.method": "UpsertRRset", "peer.address": f"10.8.0.{c.rng.randrange(4, 20)}:{c.rng.randrange(30000, 60000)}"}, _c="logging/interceptors.go:42", logger="dnsapi.grpc", incoming=True)
        async with c.span("validate rrset") as v:
            await v.work(0.8)
            if b["type"] == "CNAME" and v.rng.random() < 0.25:
                v.log.warning("rrset rejected", zone=zone, owner=b["owner"], reason="CNAME and other data", _c="server/validate.go:133", logger="dnsapi")
                v.fail()
                bad = True
            else: bad = False
        if bad:
            fin(c, "UpsertRRset", "InvalidArgument")
            return 400, {}
        op = await change(c, zone, b["type"], "UpsertRRset")
        if op is None:
            fin(c, "UpsertRRset", "Aborted")
            return 409, {}
        c.log.info("change accepted", change=op, zone=zone, rrset={"owner": b["owner"], "type": b["type"], "ttl": b["ttl"]}, logger="dnsapi")
        fin(c, "UpsertRRset")
        return 202, {"op": op}

    @api.http("DELETE /v1/zones/{zone}/rrsets")
    async def remove(c, b):
        zone = b["_route"].split("/")[3]
        op = await change(c, zone, "DELETE", "DeleteRRset")
        fin(c, "DeleteRRset", "OK" if op else "Aborted", incoming=True)
        return (202, {"op": op}) if op else (409, {})

    @api.http("GET /v1/changes/{op}")
    async def get_op(c, b):
        op = b["_route"].split("/")[-1]
        async with c.span("redis GET", "CLIENT") as s:
            await s.work(0.7)
        c.log.debug("change looked up", change=op, status=w.ops[op]["state"], _c="server/changes.go:31", logger="dnsapi", incoming=True)
        return 200, {}

    @api.consumer("changes.insync", retries=2, retry_ms=300)
    async def insync(c, m):
        op = m.body["op"]
        await c.call("zonedb", "rpc CompleteChange", {"op": op}, client_span=False)
        if op in w.ops: w.ops[op]["state"] = "INSYNC"
        c.log.info("change is INSYNC", change=op, zone=m.body["zone"], num_delivered=m.attempt, _c="events/consume.go:98", logger="dnsapi.events", incoming=True)
    api.noise(5, lambda l: l.debug("pgxpool stat", acquired=r0.randrange(5), idle=r0.randrange(3, 12), max_conns=16, _c="store/pool.go:61", logger="dnsapi"))
    api.noise(11, lambda l: l.info("finished call", protocol="grpc", **{"grpc.service": "grpc.health.v1.Health", "grpc.method": "Check", "grpc.code": "OK", "grpc.time_ms": 0.04}, _c="logging/interceptors.go:42", logger="dnsapi.grpc"))

    # ------------------------------------------------------------ zonedb
    async def sql(c, text, ms, rows, scope):
        async with c.span(text.split(" ")[0] + " zonedb", "CLIENT") as s:
            await s.work(ms)
            s.log.debug("", summary=text, **{"db.statement": "", "rows_affected": rows, "rows_returned": 0, "elapsed": f"{s.elapsed_ms():.6f}ms"}, logger="sqlx::query", _in=scope)

    @db.http("rpc ApplyChange")
    async def apply(c, b):
        z = w.zones[b["zone"]]
        sc = f"apply_change{{zone={b['zone']}}}"
        async with c.span("SELECT zonedb", "CLIENT") as s:
            await s.work(2.5)
            if s.rng.random() < 0.7: s.log.debug("", summary="SELECT serial, dnssec FROM zone WHERE …", **{"db.statement": "", "rows_affected": 0, "rows_returned": 1, "elapsed": f"{s.elapsed_ms():.6f}ms"}, logger="sqlx::query", _in=sc)
        if c.rng.random() < 0.04:
            c.log.warning("serialization failure, giving the change back to the caller", zone=b["zone"], sqlstate="40001", logger="zonedb::apply", _in=sc, incoming=True)
            return 409, {}
        z["serial"] += 1
        await sql(c, "INSERT INTO rrset_history (zone_id, …", 4, 1, sc)
        await sql(c, "UPDATE zone SET serial = …", 2, 1, sc)
        c.log.info(f"serial {z['serial'] - 1} -> {z['serial']}", change=b["op"], logger="zonedb::apply", _in=sc, incoming=True)
        return 200, {"serial": z["serial"]}

    @db.http("rpc CompleteChange")
    async def complete(c, b):
        await sql(c, "UPDATE change SET state = 'insync' …", 2.2, 1, "complete_change")
        return 200, {}

    @db.http("rpc ListSigningDue")
    async def due(c, b):
        async with c.span("SELECT zonedb", "CLIENT") as s:
            await s.work(14)
        zs = c.rng.sample(list(w.zones), 2)
        c.log.info("signing candidates", count=len(zs), took=round(c.elapsed_ms(), 2), logger="zonedb::signing", _in="list_due", incoming=True)
        return 200, {"zones": zs}
    db.noise(7, lambda l: l.info("checkpointing wal", pages=r0.randrange(4000), logger="zonedb::maint"))

    # ------------------------------------------------------------ signerd
    async def do_sign(c, zone, serial, op):
        z = w.zones[zone]
        async with c.span("sign rrsets") as s:
            await s.work(9, 0.6)
            s.log.debug("rrsigs generated", zone=zone + ".", key_tag=z["key"], algorithm="ECDSAP256SHA256", count=s.rng.randrange(2, 60), logger="signerd::dnssec")
        async with c.span("pkcs11 C_Sign", "CLIENT") as s:
            await s.work(17, 0.5)
            if s.rng.random() < 0.3: s.log.info("hsm slow, session re-opened" if s.rng.random() < 0.3 else "hsm signature ok", slot=3, logger="signerd::hsm")
        async with c.producer("zones.signed") as p:
            await p.send({"zone": zone, "serial": serial, "op": op})
            p.log.debug("published zones.signed", zone=zone + ".", serial=serial, logger="async_nats")

    @sign.consumer("zones.changed", retries=3, retry_ms=250, concurrency=6)
    async def on_change(c, m):
        b = m.body
        c.log.info("job received", stream_seq=int(m.id.split(":")[1]), delivered=m.attempt, zone=b["zone"] + ".", serial=b["serial"], logger="signerd::worker", incoming=True)
        if m.attempt < 3 and c.rng.random() < 0.05:
            c.log.warning("nak: zone locked by another signer, redeliver in 250ms", zone=b["zone"] + ".", logger="signerd::worker")
            raise Exception("locked")
        await do_sign(c, b["zone"], b["serial"], b["op"])
        c.log.debug("ack", stream_seq=int(m.id.split(":")[1]), elapsed_us=int(c.elapsed_ms() * 1000), logger="signerd::worker")

    @sign.every(9)
    async def zsk_rollover(c):
        st, a = await c.call("zonedb", "rpc ListSigningDue", {})
        for zone in a["zones"]:
            z = w.zones[zone]
            old, z["key"] = z["key"], c.rng.randrange(1000, 65000)
            z["serial"] += 1
            c.log.info("zsk rolled", zone=zone + ".", retired=old, active=z["key"], policy="prepublish", logger="signerd::rollover")
            await do_sign(c, zone, z["serial"], None)
    sign.noise(6, lambda l: l.debug("key cache refreshed", keys=r0.randrange(30, 40), logger="signerd::keys"))

    # ------------------------------------------------------------ distributor
    @dist.consumer("zones.signed")
    async def notify_all(c, m):
        b = m.body
        key = f"{b['zone']}/{b['serial']}"
        joins[key] = {"left": {"ams", "sin"}, "op": b["op"], "t": c.world.ns()}
        async with c.span("write journal", "CLIENT") as s:
            await s.work(5)
            s.log.debug("bolt: journal entry committed", bucket="ixfr", key=key)
        async def one(pop):
            async with c.producer(f"notify.{pop}") as p:
                await p.send({"zone": b["zone"], "serial": b["serial"]})
                p.log.info("NOTIFY sent", pop=pop, zone=b["zone"], serial=b["serial"])
        await asyncio.gather(one("ams"), one("sin"))

    @dist.http("GET /ixfr/{zone}")
    async def ixfr(c, b):
        zone = b["_route"].split("/")[-1]
        if c.rng.random() < 0.05:
            c.log.warning("too many transfers, refusing", zone=zone, client=b["who"], limit=16, incoming=True)
            return 503, {}
        await c.work(11, 0.6)
        c.log.info("transfer complete", zone=zone, client=b["who"], type="IXFR", bytes=c.rng.randrange(300, 20000), duration=f"{c.elapsed_ms():.3f}ms", incoming=True)
        return 200, {}

    @dist.consumer("zones.loaded")
    async def loaded(c, m):
        b = m.body
        key = f"{b['zone']}/{b['serial']}"
        j = joins.get(key)
        if not j or b["pop"] not in j["left"]:
            c.log.debug("stale ack ignored", pop=b["pop"], key=key, incoming=True)
            return
        j["left"].discard(b["pop"])
        if j["left"]:
            if c.rng.random() < 0.5: c.log.debug("waiting for more pops", key=key, missing=",".join(j["left"]), incoming=True)
            return
        c.log.info("zone in sync everywhere", zone=b["zone"], serial=b["serial"], lag=f"{(w.ns() - j['t']) / 1e9:.3f}s", incoming=True)
        if j["op"]: await c.publish("changes.insync", {"op": j["op"], "zone": b["zone"]})
    dist.noise(6, lambda l: l.info("heartbeat", pops=2, lag_max=r0.randrange(3)))

    # ------------------------------------------------------------ name servers
    class Refused(Exception): pass

    @ams.consumer("notify.ams", retries=4, retry_ms=400)
    async def ams_notify(c, m):
        z, s = m.body["zone"], m.body["serial"]
        c.log.info(f"plugin/secondary: Notify from 10.9.0.4 for {z}.: checking transfer", incoming=True)
        async with c.client("distributor", f"GET /ixfr/{z}") as k:
            st, _ = await k.send({"who": "ams"})
            if st != 200:
                k.log.warning(f"plugin/secondary: Failed to setup transfer `{z}.' with `10.9.0.4:53': dns: bad xfr rcode: 5")
        if st != 200: raise Refused()
        await c.work(6)
        c.log.info(f"plugin/secondary: Transferred: {z}. from 10.9.0.4:53, {s} SOA serial")
        await c.publish("zones.loaded", {"zone": z, "serial": s, "pop": "ams"}, producer_span=False)

    @sin.consumer("notify.sin", retries=4, retry_ms=700)
    async def sin_notify(c, m):
        z, s = m.body["zone"], m.body["serial"]
        await sleep(60 + 90 * c.rng.random())
        c.log.info(f"[{z}.] notify, incoming, remote 10.9.0.4@53 TCP, serial {s}", incoming=True)
        async with c.client("distributor", f"GET /ixfr/{z}") as k:
            st, _ = await k.send({"who": "sin"})
            if st == 200: k.log.info(f"[{z}.] IXFR, incoming, remote 10.9.0.4@53 TCP, finished, {k.elapsed_ms() / 1000:.2f} seconds, 1 messages, {c.rng.randrange(300, 20000)} bytes")
            else: k.log.warning(f"[{z}.] refresh, remote 10.9.0.4@53, failed (server REFUSED)")
        if st != 200: raise Refused()
        async with c.producer("zones.loaded") as p:
            await p.send({"zone": z, "serial": s, "pop": "sin"})
            p.log.debug(f"[{z}.] zone file updated, serial {s - 1} -> {s}")

    for svc, pop in ((ams, "ams"), (sin, "sin")):
        def challenges(svc=svc, pop=pop):
            @svc.consumer("challenge.put", retries=2)
            async def put(c, m):
                await c.work(25 if pop == "ams" else 140, 0.5)
                if pop == "sin": c.log.info(f"[_acme-challenge.{m.body['dom']}.] control, received command 'zone-set', owner TXT {m.body['tok'][:8]}…", incoming=True)
                async with c.client("acmed", f"POST /internal/ready/{m.body['tok']}") as k:
                    st, _ = await k.send({"pop": pop})
                    if pop == "ams": k.log.info(f"plugin/acmeweb: served _acme-challenge.{m.body['dom']}., callback {st}")
            @svc.http("QUERY TXT")
            async def query(c, b):
                await c.work(1.5 if pop == "ams" else 2.4)
                bad = c.rng.random() < 0.03
                if pop == "ams":
                    c.log.info(f"198.18.7.{b['persp'] + 3}:{c.rng.randrange(1025, 65000)} - {c.rng.randrange(65536)} \"TXT IN _acme-challenge.{b['dom']}. udp 62 true 1232\" {'NXDOMAIN' if bad else 'NOERROR'} qr,aa {c.rng.randrange(120, 300)} {c.elapsed_ms() / 1000:.9f}s", incoming=True)
                elif c.rng.random() < 0.4:
                    c.log.debug(f"[_acme-challenge.{b['dom']}.] query TXT from 198.18.7.{b['persp'] + 3}, answered", incoming=True)
                return (404 if bad else 200), {}
        challenges()
    ams.noise(4, lambda l: l.info(f"10.7.0.{r0.randrange(200)}:{r0.randrange(1025, 65000)} - {r0.randrange(65536)} \"A IN www.{r0.choice(list(w.zones))}. udp 48 false 1232\" NOERROR qr,aa,rd 104 0.000{r0.randrange(100, 999)}s"))
    sin.noise(6, lambda l: l.info(f"[{r0.choice(list(w.zones))}.] DNSSEC, next signing at {w.rng.randrange(1, 24)}h"))

    # ------------------------------------------------------------ acmed
    L = "controller.certificaterequest"

    @acme.http("POST /v1/certs")
    async def order(c, b):
        name = f"cr-{ulid()[:6]}"
        cr = {"name": name, "dom": b["dom"], "state": "Pending"}
        w.certs.append(cr)
        c.log.info("CertificateRequest created", logger="webhook", namespace="tenants", name=name, dnsName=b["dom"], incoming=True)
        c.spawn(reconcile(c, cr))
        return 202, {"name": name}

    async def reconcile(root, cr):
        base = {"namespace": "tenants", "name": cr["name"]}
        async with root.span("reconcile") as c:
            rid = "%08x-%04x" % (c.rng.getrandbits(32), c.rng.getrandbits(16))
            c.log.info("Reconciling", logger=L, **base, reconcileID=rid)
            async with c.client("ca", "POST /acme/new-order") as k:
                st, o = await k.send({"dom": cr["dom"]})
                k.log.debug("POST https://ca.internal/acme/new-order 201", logger="acme.client")
            tok = o["tok"]
            ready[tok] = (set(), asyncio.get_running_loop().create_future())
            await c.publish("challenge.put", {"dom": cr["dom"], "tok": tok})
        try: await asyncio.wait_for(ready[tok][1], 6)
        except asyncio.TimeoutError: root.log.info("propagation check failed, presenting anyway", logger=L, **base, err="context deadline exceeded")
        async with root.span("reconcile") as c:
            for n in range(1, 4):
                async with c.client("ca", "POST /acme/chall") as k:
                    st, a = await k.send({"authz": o["authz"], "dom": cr["dom"]})
                if st == 200: break
                c.log.error("Reconciler error", logger="controller", controller="certificaterequest", **base, error=f"challenge not valid: 403 urn:ietf:params:acme:error:unauthorized (attempt {n})")
                await sleep(500 * 2 ** n)
            if st != 200:
                cr["state"] = "Failed"
                await c.publish("cert.failed", {"cr": cr["name"], "dom": cr["dom"]})
                return
            async with c.client("ca", "POST /acme/finalize") as k:
                st, f = await k.send({"order": o["order"], "dom": cr["dom"]})
            cr["state"] = "Ready"
            c.log.info("Certificate issued", logger=L, **base, serialNumber=f["sn"])
            async with c.producer("cert.issued") as p:
                m = await p.send({"cr": cr["name"], "dom": cr["dom"], "sn": f["sn"]})
                p.log.debug("Event(v1.ObjectReference)", logger="events", type="Normal", reason="Issued", object={"kind": "CertificateRequest", "name": cr["name"]})

    @acme.http("POST /internal/ready/{tok}")
    async def is_ready(c, b):
        tok = b["_route"].split("/")[-1]
        got, fut = ready[tok]
        got.add(b["pop"])
        c.log.debug(f"self check {len(got)}/2", logger="challenges", token=tok, pop=b["pop"], incoming=True)
        if len(got) == 2 and not fut.done(): fut.set_result(1)
        return 204, {}

    @acme.http("GET /v1/certs/{name}")
    async def cert_state(c, b):
        await c.work(1)
        n = b["_route"].split("/")[-1]
        c.log.debug("get", logger="webhook", name=n, phase=next(x["state"] for x in w.certs if x["name"] == n), incoming=True)
        return 200, {}
    acme.noise(8, lambda l: l.info("Starting workers" if r0.random() < 0.1 else "successfully renewed lease tenants/acmed-leader", logger="leaderelection"))

    # ------------------------------------------------------------ ca
    @ca.http("POST /acme/new-order")
    async def new_order(c, b):
        async with c.span("ra.NewOrder") as s:
            await s.work(12)
        n = c.rng.randrange(10 ** 9, 10 ** 10)
        c.log.info("Created order", logger="boulder-wfe2", Endpoint="/acme/new-order", Method="POST", Code=201, Requester=40117, Created=f"https://ca.internal/acme/order/40117/{n}", Latency=round(c.elapsed_ms() / 1000, 3), incoming=True)
        return 201, {"order": n, "authz": n * 3 % 10 ** 10, "tok": "".join(c.rng.choice(ALPHA) for _ in range(22))}

    @ca.http("POST /acme/chall")
    async def chall(c, b):
        async def persp(i, svc):
            async with c.client(svc, "QUERY TXT") as k:
                st, _ = await k.send({"dom": b["dom"], "persp": i})
                if i or st != 200: k.log.debug(f"remote VA {['local', 'eu-1', 'ap-2'][i]} said {'valid' if st == 200 else 'NXDOMAIN looking up TXT'}", logger="boulder-va", incoming=False)
                return st
        sts = await asyncio.gather(persp(0, "ns-ams"), persp(1, "ns-ams"), persp(2, "ns-sin"))
        ok = sum(s == 200 for s in sts) >= 3
        (c.log.info if ok else c.log.error)("[AUDIT] Validation result", logger="boulder-va", AuthzID=str(b["authz"]), Hostname=b["dom"], Challenge={"type": "dns-01", "status": "valid" if ok else "invalid"}, ValidationLatency=round(c.elapsed_ms() / 1000, 3), incoming=True)
        return (200 if ok else 403), {}

    @ca.http("POST /acme/finalize")
    async def finalize(c, b):
        sn = "03%034x" % c.rng.getrandbits(136)
        async with c.span("sign precertificate") as s:
            await s.work(45)
            s.log.info(f"[AUDIT] Signing precert: serial=[{sn}] names=[{b['dom']}]", logger="boulder-ca")
        async def ct(name, ms):
            async with c.span("submit " + name, "CLIENT") as s:
                await s.work(ms, 0.5)
                if name == "argon": s.log.debug(f"ctpolicy got SCT from {name} in {s.elapsed_ms():.0f}ms", logger="boulder-publisher")
        await asyncio.gather(ct("argon", 80), ct("yeti", 130))
        c.log.info("Finalize", logger="boulder-ra", OrderID=b["order"], Serial=sn, incoming=True)
        return 200, {"sn": sn}
    ca.noise(9, lambda l: l.debug("grpc: SRV targets unchanged", logger="boulder-sa"))

    # ------------------------------------------------------------ hooks
    async def deliver(c, what, label, cust):
        did = f"F{c.rng.getrandbits(60):015X}"
        for n in range(1, 5):
            async with c.span("POST customer endpoint", "CLIENT") as s:
                await s.work(140, 0.7)
                ok = s.rng.random() > 0.1
                if not ok: s.log.warning(f"Tesla.Middleware.Retry: {what} -> 502, retrying in {200 * 2 ** n}ms ({4 - n} left)", rid=did)
                elif s.rng.random() < 0.5: s.log.debug(f"POST {cust}.hooks.example -> 200 ({s.elapsed_ms():.3f} ms)", rid=did)
            if ok: break
            await sleep(200 * 2 ** n)
        if ok: c.log.info(f"delivered {what} for {label}", rid=did, incoming=True)
        else:
            c.log.error(f"{what} for {label} parked in dead_letters", rid=did, incoming=True)
            await c.publish("hooks.dead", {"what": what})

    @hooks.consumer("changes.insync", concurrency=20)
    async def hook_change(c, m): await deliver(c, "change.insync", m.body["op"], w.zones[m.body["zone"]]["cust"])
    @hooks.consumer("cert.issued")
    async def hook_cert(c, m): await deliver(c, "certificate.ready", f"{m.body['dom']} (#{m.body['cr'][3:]})", "cus_0")
    @hooks.consumer("cert.failed")
    async def hook_fail(c, m): await deliver(c, "certificate.failed", m.body["dom"], "cus_0")
    hooks.noise(7, lambda l: l.debug(f"Finch pool: {r0.randrange(2, 20)} idle"))


async def load(w):
    r = w.rng
    async def one(i):
        z = r.choice(list(w.zones))
        x = r.random()
        if x < 0.25:
            st, a = await w.start("edge", "POST /v1/certs", {"dom": r.choice(["www", "api", "mail", "*", "vpn", "git"]).replace("*", "wild") + "." + z})
            if r.random() < 0.5:
                await sleep(r.uniform(800, 4000))
                await w.start("edge", f"GET /v1/certs/{a['name']}")
            return
        if x < 0.36: st, a = await w.start("edge", f"DELETE /v1/zones/{z}/rrsets", {"owner": "old"})
        else: st, a = await w.start("edge", f"POST /v1/zones/{z}/rrsets", {"owner": r.choice(["www", "api", "@", "mx1", "_sip._tcp", "blog"]), "type": r.choice(["A", "AAAA", "TXT", "CNAME", "MX"]), "ttl": r.choice([60, 300, 3600])})
        if st == 202 and r.random() < 0.35:
            for _ in range(r.randrange(1, 3)):
                await sleep(r.uniform(250, 1500))
                await w.start("edge", f"GET /v1/changes/{a['op']}")
    await arrivals(w, 135, 3.2, one)

record(build, load, "t_dns")
