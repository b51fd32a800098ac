"""A world of services in virtual time: handlers are ordinary coroutines, logs and the truth about them come out.

    from world import World
    w = World(...)            # one variant
    svc = w.service("orders", formatter)
    @svc.http("POST /orders")
    async def place(ctx, body): ...
Each file beside this one is a system, made up by an author of its own letter who knew nothing of the
program: `python3 examples/worlds/NAME.py OUT` writes its logs and the truth about them below OUT/NAME, in six variants:
v1 trace and span ids; v2 received lines also tell who sent; v3 context lost at the broker; v4 no trace ids; v5 wrong clocks; v6 faults.
"""
import asyncio, contextlib, datetime, json, math, os, random, selectors, sys

NS = 1_000_000_000


class _Selector(selectors.SelectSelector):
    """Time passes at once: what would be waited for is added to the clock."""
    loop = None

    def select(self, timeout=None):
        found = super().select(0)
        if not found and timeout:
            self.loop.now += timeout
        if not found and timeout is None:
            raise RuntimeError("everything waits for nothing")
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self
        self.now = 1000.0
        self._clock_resolution = 1e-9

    def time(self):
        return self.now


async def sleep(ms):
    await asyncio.sleep(ms / 1000)


class Fault(Exception):
    """An injected failure for good."""


class Rec:
    """One log record, as a formatter gets it: time (datetime UTC, us), ns, level, message, fields (dict), trace_id, span_id (None in v4 or
    outside of spans), incoming (a traceparent "00-..-..-01" or None: only in v2, on records made with incoming=True),
    incoming_parent (its 16 digits), logger, thread, service, pid."""
    __slots__ = "time ns level message fields trace_id span_id incoming incoming_parent logger thread service pid".split()


class Span:
    def __init__(self, world, service, name, kind, parent=None, trace=None, transaction=None):
        r = world.ids
        self.world, self.service, self.name, self.kind = world, service, name, kind
        self.span_id = "%016x" % r.getrandbits(64)
        self.parent_id = parent.span_id if parent else None
        self.trace_id = trace or (parent.trace_id if parent else "%032x" % r.getrandbits(128))
        self.transaction = transaction or (parent.transaction if parent else self.trace_id)
        self.root = parent.root if parent else self
        if not parent:
            self.tx = {"kind": name, "faulted": False}
        self.start, self.end, self.records, self.status, self.links = world.ns(), None, 0, "UNSET", []
        self.incoming = None

    def finish(self):
        self.end = max(self.world.ns(), self.start + 1000)
        self.world.spans.append(self)


class Log:
    """log.info("placed order %s" % id, order_id=id); keyword incoming=True: a "received" line, which tells its incoming context in v2.
    logger=..., thread=... may be given. In spans and outside."""

    def __init__(self, service, span=None, thread=None):
        self.service, self.span, self.thread = service, span, thread

    def __call__(self, level, message, *, incoming=False, logger=None, thread=None, **fields):
        self.service.write(self.span, level, message, fields, incoming, logger, thread or self.thread)

    def debug(self, m, **k): self("DEBUG", m, **k)
    def info(self, m, **k): self("INFO", m, **k)
    def warning(self, m, **k): self("WARN", m, **k)
    warn = warning
    def error(self, m, **k): self("ERROR", m, **k)


class Ctx:
    """What a handler has: ctx.log, ctx.world, ctx.rng, ctx.span_id/trace_id (as logged; None in v4), ctx.elapsed_ms()."""

    def __init__(self, service, span, thread=None):
        self.service, self.world, self._span = service, service.world, span
        self.rng = service.world.rng
        self.thread = thread
        self.log = Log(service, span, thread)

    @property
    def trace_id(self): return None if self.world.variant == "v4" else self._span.trace_id
    @property
    def span_id(self): return None if self.world.variant == "v4" else self._span.span_id

    def elapsed_ms(self): return (self.world.ns() - self._span.start) / 1e6

    async def work(self, ms, spread=0.35):
        """takes about so long (log-normal)"""
        slow, self._span.slow = self._span.__dict__.get("slow"), None
        usual = ms * math.exp(self.rng.gauss(0, spread))
        await sleep(usual if slow is None else max(usual * 25, slow))

    @contextlib.asynccontextmanager
    async def span(self, name, kind="INTERNAL"):
        """an inner span: `async with ctx.span("validate cart") as c: c.log.info(...)`"""
        inner = Span(self.world, self.service, name, kind, self._span)
        try:
            yield Ctx(self.service, inner, self.thread)
        except BaseException:
            inner.status = "ERROR"
            raise
        finally:
            inner.finish()

    async def call(self, target, route, body=None, client_span=True, **headers):
        """an HTTP (or RPC) call: (status, answer). Without log lines of its own; use `client` for a client span that logs."""
        if not client_span:
            return await self.world.services[target]._serve(route, body or {}, self._span, headers)
        async with self.client(target, route) as c:
            return await c.send(body, **headers)

    @contextlib.asynccontextmanager
    async def client(self, target, route):
        """`async with ctx.client("pricing", "POST /quotes") as c: c.log.debug(...); status, answer = await c.send(body)`"""
        async with self.span(route, "CLIENT") as c:
            async def send(body=None, **headers):
                return await self.world.services[target]._serve(route, body or {}, c._span, headers)
            c.send = send
            yield c

    async def publish(self, topic, body, producer_span=True, message_id=None):
        """hands a message to the broker; gives its message id. No log lines of its own; use `producer` for that."""
        if not producer_span:
            return await self.world._publish(self._span, topic, body, message_id)
        async with self.producer(topic) as p:
            return await p.send(body, message_id)

    @contextlib.asynccontextmanager
    async def producer(self, topic):
        """`async with ctx.producer("order.placed") as p: mid = await p.send(body); p.log.info("published", id=mid)`"""
        async with self.span("publish " + topic, "PRODUCER") as p:
            async def send(body, message_id=None):
                return await self.world._publish(p._span, topic, body, message_id)
            p.send = send
            yield p

    def link(self, other):
        """a link to another cause: other is the .origin of a message or a kept ctx"""
        s = other._span if isinstance(other, Ctx) else other
        self._span.links.append({"trace_id": s.trace_id, "span_id": s.span_id})

    def spawn(self, coroutine):
        """goes on in the background, in this span's context (its spans are children of this one)"""
        return self.world._spawn(coroutine)

    def fail(self): self._span.status = "ERROR"


class Service:
    """formatter(rec) -> line (or several, by newlines). errors(ctx, exc): logs what failed for good."""

    def __init__(self, world, name, formatter, errors=None):
        self.world, self.name, self.formatter, self.errors = world, name, formatter, errors
        self.routes, self.lines, self.last, self.threads = {}, [], 0, 0
        self.map, self.number = [], 0
        self.pid = world.rng.randrange(1, 40000)
        self.log = Log(self)
        world.services[name] = self

    def http(self, route):
        """decorator; handler(ctx, body) -> (status, answer). body has the caller's dict, with headers under "_headers"."""
        def mark(f):
            self.routes[route] = f
            return f
        return mark

    def consumer(self, topic, group=None, retries=0, retry_ms=200, concurrency=0):
        """decorator; handler(ctx, message): message.body, .id, .topic, .attempt, .origin. Raising Exception: again, `retries` times."""
        def mark(f):
            self.world.subscribers.setdefault(topic, []).append((self, f, retries, retry_ms, asyncio.Semaphore(concurrency) if concurrency else None))
            return f
        return mark

    def every(self, seconds, first=None):
        """decorator; job(ctx): a scheduled job, a transaction of its own"""
        def mark(f):
            async def run():
                await sleep((first if first is not None else seconds * self.world.rng.random()) * 1000)
                while not self.world.closing:
                    await self._root(f.__name__.replace("_", " "), "INTERNAL", f)
                    await sleep(seconds * 1000)
            self.world.background.append(run)
            return f
        return mark

    def noise(self, seconds, f):
        """f(log) logs something outside of all spans every so often (about)"""
        async def run():
            while not self.world.closing:
                await sleep(self.world.rng.expovariate(1 / seconds) * 1000)
                f(self.log)
        self.world.background.append(run)

    def startup(self, f):
        """f(log): first lines"""
        f(self.log)

    async def _root(self, name, kind, f, *args):
        span = Span(self.world, self, name, kind)
        try:
            return await f(Ctx(self, span, self._thread()), *args)
        except Fault as e:
            span.status = "ERROR"
            if self.errors: self.errors(Ctx(self, span), e)
        finally:
            span.finish()

    def _thread(self):
        self.threads += 1
        return self.threads % 8 + 1

    async def _serve(self, route, body, caller, headers):
        w = self.world
        await sleep(w.latency())
        verb_path = route
        f = self.routes.get(route)
        if f is None:
            # "GET /orders/ORD-1" finds "GET /orders/{id}"; also prefixes "ANY *"
            for known, handler in self.routes.items():
                a, b = known.split("/"), route.split("/")
                if len(a) == len(b) and all(x == y or x.startswith("{") for x, y in zip(a, b)):
                    f, verb_path = handler, known
                    break
            else:
                f = self.routes.get("ANY *")
                if f is None:
                    raise KeyError(f"{self.name} has no {route}")
                body = dict(body, _route=route)
        span = Span(w, self, verb_path, "SERVER", caller)
        if caller: span.incoming = caller
        body = dict(body, _headers=headers, _route=route)
        try:
            status, answer = await f(Ctx(self, span, self._thread()), body)
            if status >= 500: span.status = "ERROR"
        except Fault as e:
            span.status = "ERROR"
            if self.errors: self.errors(Ctx(self, span), e)
            status, answer = 500, {}
        finally:
            span.finish()
        await sleep(w.latency())
        return status, answer

    def write(self, span, level, message, fields, incoming, logger, thread):
        w = self.world
        ns = max(w.ns(), self.last + w.rng.randrange(3_000, 60_000))
        self.last = ns
        shown = ns + self.offset(ns)
        r = Rec()
        r.ns, r.level, r.message, r.fields, r.service, r.pid = shown, level, message, fields, self.name, self.pid
        r.time = datetime.datetime.fromtimestamp(shown // NS, datetime.timezone.utc).replace(microsecond=shown % NS // 1000)
        hidden = w.variant == "v4"
        r.trace_id = span.trace_id if span and not hidden else None
        r.span_id = span.span_id if span and not hidden else None
        r.logger, r.thread = logger or self.name, thread or 1
        r.incoming = r.incoming_parent = None
        if incoming and w.variant == "v2" and span and span.incoming:
            r.incoming = f"00-{span.incoming.trace_id}-{span.incoming.span_id}-01"
            r.incoming_parent = span.incoming.span_id
        text = self.formatter(r)
        if text is None:
            return
        lines = text.split("\n")
        self.map.append((self.number + 1, len(lines), span.span_id if span else "-"))
        self.number += len(lines)
        self.lines.extend(lines)
        if span:
            span.records += 1

    def offset(self, ns):
        if self.world.variant != "v5": return 0
        o = self.world.offset_of(self.name)
        return int(o["offset_s"] * NS + o["drift_ppm"] * 1e-6 * (ns - self.world.base))


class Message:
    __slots__ = "body id topic attempt origin".split()


class World:
    def __init__(self, variant, seed):
        self.variant, self.rng = variant, random.Random(f"{seed}-{variant}")
        self.ids = random.Random(f"{seed}-{variant}-ids")
        self.loop = _Loop()
        asyncio.set_event_loop(self.loop)
        self.base = 1_790_000_000 * NS + random.Random(f"{seed}-{variant}-base").randrange(5_000_000) * NS
        self.services, self.subscribers, self.spans, self.background = {}, {}, [], []
        self.closing, self.tasks, self.faults, self.offsets, self.share_of_faults = False, set(), [], {}, 0.15
        self.network_ms = 1.0   # one way, about
        self.broker_ms = 4.0    # from send to delivery, about
        self.new_message_id = lambda: "%08x-%04x-4%03x-a%03x-%012x" % tuple(self.ids.getrandbits(b) for b in (32, 16, 12, 12, 48))

    def offset_of(self, name):
        if name not in self.offsets:
            i = list(self.services).index(name)
            r = random.Random(f"{self.base}-{i}")
            self.offsets[name] = {"offset_s": 0.0 if i == 0 else round(r.uniform(-3, 3), 3), "drift_ppm": 100.0 if i == 2 else 0.0, "base_ns": self.base}
        return self.offsets[name]

    def ns(self): return self.base + int((self.loop.now - 1000) * NS)
    def latency(self): return self.network_ms * math.exp(self.rng.gauss(0, 0.4))
    def service(self, name, formatter, errors=None): return Service(self, name, formatter, errors)

    def _spawn(self, coroutine):
        t = self.loop.create_task(coroutine)
        self.tasks.add(t)
        t.add_done_callback(self._done)
        return t

    def _done(self, t):
        self.tasks.discard(t)
        if not t.cancelled() and t.exception():
            self.error = t.exception()

    async def _publish(self, span, topic, body, message_id):
        m = Message()
        m.id, m.body, m.topic, m.origin, m.attempt = message_id or self.new_message_id(), body, topic, span, 1
        await sleep(0.3 + 0.3 * self.rng.random())
        for service, f, retries, retry_ms, limit in self.subscribers.get(topic, []):
            fault = self._fault(span, service, topic)
            if fault == "drop":
                self._tell(fault, service, span, None)
                continue
            self._spawn(self._deliver(service, f, retries, retry_ms, limit, m, fault))
            if fault == "duplicate":
                self._spawn(self._deliver(service, f, retries, retry_ms, limit, m, "again", 300 + 900 * self.rng.random()))
        return m.id

    def _fault(self, span, service, topic):
        if self.variant != "v6" or span.root.tx.get("decided", 0) >= 1:
            return None
        # one chance a delivery, so that about `share_of_faults` of the transactions get one
        if self.rng.random() < self.share_of_faults / 3:
            span.root.tx["decided"] = 1
            return self.rng.choice(["drop", "slow", "error", "duplicate"])
        return None

    def _tell(self, kind, service, producer, span):
        self.faults.append({"transaction": producer.transaction, "kind": kind, "service": service.name, "trace_id": producer.trace_id,
                            "span_id": span.span_id if span else None, "producer_span_id": producer.span_id, "time_ns": self.ns()})

    async def _deliver(self, service, f, retries, retry_ms, limit, m, fault, later=0):
        await sleep(self.broker_ms * math.exp(self.rng.gauss(0, 0.5)) + later)
        attempt = 1
        while True:
            async with (limit or contextlib.nullcontext()):
                again = Message()
                again.id, again.body, again.topic, again.origin, again.attempt = m.id, m.body, m.topic, m.origin, attempt
                trace = None
                if self.variant == "v3":
                    trace = "%032x" % self.ids.getrandbits(128)
                span = Span(self, service, "process " + m.topic, "CONSUMER", m.origin, trace=trace)
                span.incoming = m.origin
                ctx = Ctx(service, span, service._thread())
                if fault == "again": self._tell("duplicate", service, m.origin, span)
                if fault == "slow":
                    # far longer than usual, and so long that people are disturbed
                    span.slow = 2000 + 4000 * self.rng.random()
                    self._tell("slow", service, m.origin, span)
                ok = False
                try:
                    if fault == "error":
                        self._tell("error", service, m.origin, span)
                        await sleep(1 + 4 * self.rng.random())
                        raise Fault(self.rng.choice(["connection reset by peer", "deadlock detected", "unexpected null value", "no space left on device", "certificate has expired", "schema version not supported"]))
                    await f(ctx, again)
                    ok = True
                except Fault as e:
                    span.status = "ERROR"
                    if service.errors: service.errors(ctx, e)
                    ok = True
                except Exception:
                    span.status = "ERROR"
                    if attempt > retries: ok = True
                    if not retries: raise
                finally:
                    span.finish()
            if ok: return
            attempt += 1
            await sleep(retry_ms * (1 + self.rng.random()))

    def start(self, service, route, body=None, **headers):
        """an outside request; use in the load: `await w.start("gateway", "POST /orders", {...})`"""
        return self.services[service]._serve(route, body or {}, None, headers)

    def run(self, load, out):
        """load(world): a coroutine that sends the outside requests. Writes out/logs and out/truth."""
        for n in self.services: self.offset_of(n)

        async def main():
            back = [self.loop.create_task(b()) for b in self.background]
            await load(self)
            while self.tasks:
                await sleep(50)
            self.closing = True
            for b in back: b.cancel()
            await asyncio.gather(*back, return_exceptions=True)
            while self.tasks:
                await sleep(50)
            if getattr(self, "error", None): raise self.error
        self.error = None
        self.loop.run_until_complete(main())
        self.loop.close()
        self._write(out)

    def _write(self, out):
        for d in ("logs", "truth"): os.makedirs(f"{out}/{d}", exist_ok=True)
        with open(f"{out}/truth/lines.tsv", "w") as t:
            t.write("#service\tfirst_line\tlines\tspan_id (- = logged outside any span)\n")
            for s in self.services.values():
                if not s.lines: continue
                with open(f"{out}/logs/{s.name}.log", "w") as f: f.write("\n".join(s.lines) + "\n")
                for first, count, span in s.map: t.write(f"{s.name}\t{first}\t{count}\t{span}\n")
        by = {}
        with open(f"{out}/truth/spans.jsonl", "w") as t:
            for s in sorted(self.spans, key=lambda s: (s.start, s.span_id)):
                by.setdefault(s.transaction, []).append(s)
                d = {"trace_id": s.trace_id, "span_id": s.span_id, "parent_span_id": s.parent_id, "service": s.service.name, "name": s.name, "kind": s.kind,
                     "start_ns": s.start, "end_ns": s.end, "status": s.status, "transaction": s.transaction, "log_records": s.records}
                if s.links: d["links"] = s.links
                t.write(json.dumps(d) + "\n")
        with open(f"{out}/truth/transactions.jsonl", "w") as t:
            for x, spans in by.items():
                root = next(s for s in spans if s.parent_id is None)
                t.write(json.dumps({"transaction": x, "kind": "request" if root.kind == "SERVER" else "job", "name": root.name, "outcome": "completed", "root_span_id": root.span_id, "trace_ids": sorted({s.trace_id for s in spans}),
                                    "spans": len(spans), "logged_spans": sum(1 for s in spans if s.records), "services": sorted({s.service.name for s in spans}),
                                    "errors": sum(s.status == "ERROR" for s in spans), "start_ns": min(s.start for s in spans), "end_ns": max(s.end for s in spans)}) + "\n")
        json.dump({"faults": self.faults, "transactions_affected": len({f["transaction"] for f in self.faults})}, open(f"{out}/truth/faults.json", "w"), indent=1)
        if self.variant == "v5":
            mid = (min(s.start for s in self.spans) + max(s.end for s in self.spans)) // 2
            for n, o in self.offsets.items(): o["offset_at_mid_s"] = o["offset_s"] + o["drift_ppm"] * 1e-6 * (mid - self.base) / NS
            json.dump(self.offsets, open(f"{out}/truth/offsets.json", "w"), indent=1)
        self.told = (len(by), len(self.spans), sum(1 for s in self.spans if s.records), sum(len(s.lines) for s in self.services.values()))


def record(build, load, name):
    """main of a system: `python3 NAME.py OUT` writes OUT/NAME/v1..v6. build(world) makes services; load(world) sends requests."""
    out = sys.argv[1] if len(sys.argv) > 1 else "target/worlds"
    only = sys.argv[2:] or ["v1", "v2", "v3", "v4", "v5", "v6"]
    for v in only:
        w = World(v, name)
        build(w)
        w.run(load, f"{out}/{name}/{v}")
        print(name, v, "transactions %d, spans %d (logged %d), lines %d" % w.told, f"faults {len(w.faults)}" if v == "v6" else "")


def isoz(r, digits=3):
    """2026-03-01T12:00:00.123Z"""
    return r.time.strftime("%Y-%m-%dT%H:%M:%S") + ("." + ("%09d" % (r.ns % NS))[:digits] if digits else "") + "Z"


async def arrivals(w, count, per_second, one):
    """`count` independent requests at random moments: await one(i) each"""
    tasks = []
    for i in range(count):
        await sleep(w.rng.expovariate(per_second) * 1000)
        tasks.append(w._spawn(one(i)))
    for t in tasks:
        await t
