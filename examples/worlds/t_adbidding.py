"""Real-time bidding: auctions ask bidders in parallel against a deadline, browsers report impressions and clicks later, fraud checks them,
billing charges and reverses, a pacer watches budgets in rounds, campaigns are reviewed by two scanners and joined."""
import json
from world import *


def envoyjson(r):                 # exchange: Envoy access log as JSON (Istio), no times of begin
    if "path" not in r.fields: return f"{isoz(r, 6)}\t{r.level.lower()}\tenvoy {r.logger}\t{r.message}\tthread={r.thread}"
    f = r.fields
    d = {"start_time": isoz_at(r, f["took"]), "method": f["verb"], "path": f["path"], "protocol": "HTTP/2", "response_code": f["st"], "response_flags": "-" if f["st"] < 500 else "UT", "bytes_sent": f["size"], "duration": int(f["took"]),
         "upstream_service_time": str(max(0, int(f["took"]) - 1)), "x_request_id": f["rid"], "authority": "rtb.adgrid.io", "upstream_cluster": f["cl"]}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def isoz_at(r, ago):
    n = r.ns - int(ago * 1e6)
    return datetime.datetime.fromtimestamp(n // NS, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + ".%03dZ" % (n % NS // 1_000_000)

def b(v): return str(v).lower() if isinstance(v, bool) else v

def tlogfmt(r):                   # auction: tracing-logfmt
    f = dict(r.fields)
    span = f.pop("_span", "")
    s = f"ts={isoz(r, 6)} level={r.level.lower()} target={r.logger}" + (f" span={span}" if span else "")
    if r.trace_id: s += f" otel.trace_id={r.trace_id} otel.span_id={r.span_id}"
    if r.incoming_parent: s += f" otel.parent_id={r.incoming_parent}"
    return s + (f" message={json.dumps(r.message) if ' ' in r.message else r.message}" if r.message else "") + "".join(f" {k}={b(v)}" for k, v in f.items())

def zapshort(r):                  # dsp-north: zap with one-letter keys, nanoseconds as float epoch
    d = {"L": r.level, "T": r.ns / 1e9, "N": r.logger, "M": r.message, **r.fields}
    if r.trace_id: d["ctx"] = {"t": r.trace_id, "s": r.span_id}
    if r.incoming_parent: d.setdefault("ctx", {})["p"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def glog(r):                      # dsp-south: C++ glog
    ids = f" [{r.trace_id},{r.span_id}]" if r.trace_id else ""
    if r.incoming: ids += f" [{r.incoming}]"
    return f"{dict(DEBUG='I', INFO='I', WARN='W', ERROR='E')[r.level]}{r.time:%Y%m%d %H:%M:%S}.{r.time.microsecond:06d} {r.pid + r.thread:5d} {r.logger}] {r.message}{ids}"

def tint(r):                      # profile: slog with the tint handler, colours off
    kv = "".join(f" {k}={b(v)}" for k, v in r.fields.items())
    if r.trace_id: kv += f" trace={r.trace_id} span={r.span_id}"
    if r.incoming_parent: kv += f" parent={r.incoming_parent}"
    return f"{r.time:%b} {r.time.day:2d} {r.time:%H:%M:%S}.{r.time.microsecond // 1000:03d} {dict(DEBUG='DBG', INFO='INF', WARN='WRN', ERROR='ERR')[r.level]} {r.message}{kv}"

def nginx(r):                     # tracker: nginx, whole seconds, no duration; its error log is elsewhere
    f = r.fields
    if "uri" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower().replace('warn', 'warn')}] {r.pid}#{r.pid}: {r.message}"
    ids = f' "{r.trace_id}:{r.span_id}"' if r.trace_id else ' "-"'
    if r.incoming: ids += f' "{r.incoming}"'
    return f'{f["ip"]} - - [{r.time:%d/%b/%Y:%H:%M:%S} +0000] "GET {f["uri"]} HTTP/1.1" {f["st"]} {f["n"]} "{f["pub"]}" "Mozilla/5.0"{ids}'

def pyjson(r):                    # fraud: python-json-logger
    d = {"asctime": f"{r.time:%Y-%m-%d %H:%M:%S},{r.time.microsecond // 1000:03d}", "levelname": r.level.replace("WARN", "WARNING"), "name": r.logger, "message": r.message, **r.fields}
    if r.trace_id: d |= {"otelTraceID": r.trace_id, "otelSpanID": r.span_id}
    if r.incoming_parent: d["otelParentID"] = r.incoming_parent
    return json.dumps(d)

def zconsole(r):                  # billing: zerolog console writer, no colours
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else b(v)}" for k, v in sorted(r.fields.items()))
    if r.trace_id: kv += f" span_id={r.span_id} trace_id={r.trace_id}"
    if r.incoming: kv += f" traceparent={r.incoming}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond // 1000:03d}Z {dict(DEBUG='DBG', INFO='INF', WARN='WRN', ERROR='ERR')[r.level]} {r.logger} > {r.message}{kv}"

def ctrl(r):                      # pacer: klog v2 structured, as operators print
    kv = "".join(f' {k}={json.dumps(v)}' for k, v in r.fields.items())
    if r.trace_id: kv += f' trace_id="{r.trace_id}" span_id="{r.span_id}"'
    if r.incoming_parent: kv += f' parent_id="{r.incoming_parent}"'
    return f"{dict(DEBUG='I', INFO='I', WARN='W', ERROR='E')[r.level]}{r.time:%m%d %H:%M:%S}.{r.time.microsecond:06d}       1 {r.logger}] {json.dumps(r.message)}{kv}"

def rails(r):                     # campaigns: Rails tagged logging with lograge lines
    ids = f" [trace={r.trace_id} span={r.span_id}]" if r.trace_id else ""
    if r.incoming: ids += f" [tp={r.incoming}]"
    return f"{dict(DEBUG='D', INFO='I', WARN='W', ERROR='E')[r.level]}, [{r.time:%Y-%m-%dT%H:%M:%S}.{r.time.microsecond:06d} #{r.pid}] {r.level:>5} -- :{ids} {r.message}"


def build(w):
    w.network_ms, w.broker_ms = 0.6, 8
    offs = [w.rng.randrange(10**6, 9 * 10**6)]
    def mid():
        offs[0] += w.rng.randrange(1, 4)
        return str(offs[0])
    w.new_message_id = mid

    ex = w.service("exchange", envoyjson)
    auc = w.service("auction", tlogfmt, errors=lambda c, e: c.log.error("consumer task failed", logger="auction::bus", error=json.dumps(str(e))))
    north = w.service("dsp-north", zapshort, errors=lambda c, e: c.log.error("kafka: error while consuming", error=str(e), logger="sarama"))
    south = w.service("dsp-south", glog, errors=lambda c, e: c.log.error(f"Check failed in consumer: {e}", logger="consumer.cc:118"))
    prof = w.service("profile", tint)
    trk = w.service("tracker", nginx)
    fraud = w.service("fraud", pyjson, errors=lambda c, e: c.log.error(f"message processing failed: {e}", logger="fraud.stream"))
    bill = w.service("billing", zconsole, errors=lambda c, e: c.log.error("giving up on message", error=str(e), logger="consume.go:60"))
    pacer = w.service("pacer", ctrl, errors=lambda c, e: c.log.error("Reconciler error", err=str(e), controller="budget", logger="controller.go:329"))
    camp = w.service("campaigns", rails, errors=lambda c, e: c.log.error(f"[ActiveJob] Error performing job: RuntimeError ({e}):\n/app/app/jobs/apply_job.rb:22:in `perform'\n/usr/local/bundle/gems/activejob-7.1.2/lib/active_job/execution.rb:68:in `block in _perform_job'"))

    r0 = w.rng
    pubs = ["news.example", "wetter.example", "games.example", "recipes.example"]
    w.camps = {700 + i: {"dsp": ("north", "south")[i % 2], "budget": r0.uniform(3, 30), "spent": 0.0, "on": True, "adv": f"adv-{r0.randrange(10, 40)}"} for i in range(14)}
    w.imps, reviews, open_imps = {}, {}, []
    n = {"c": 720}

    # ------------------------------------------------------------ exchange
    @ex.http("ANY *")
    async def route(c, body):
        verb, path = body["_route"].split(" ")
        to = "auction" if path.startswith("/openrtb") else "campaigns"
        st, a = await c.call(to, body["_route"], body, client_span=False)
        c.log.info("", verb=verb, path=path, st=st, took=c.elapsed_ms(), size=c.rng.randrange(20, 4000), cl=f"outbound|80||{to}.rtb.svc.cluster.local", rid="%08x-%04x-4%03x-8%03x-%012x" % tuple(c.rng.getrandbits(k) for k in (32, 16, 12, 12, 48)), incoming=True)
        return st, a
    ex.noise(9, lambda l: l.warning("StreamAggregatedResources gRPC config stream to xds-grpc closed: 0" if r0.random() < .2 else "cds: add 0 cluster(s), remove 0 cluster(s)", logger="config"))

    # ------------------------------------------------------------ auction
    @auc.http("POST /openrtb/2.6/auction")
    async def auction(c, body):
        aid = "%016x" % c.rng.getrandbits(64)
        sp = "auction"
        c.log.debug("bid request", logger="auction::rtb", id=aid, imp=1, site=body["pub"], tmax=110, _span=sp, incoming=True)
        async with c.client("profile", "rpc Lookup") as k:
            st, p = await k.send({"uid": body["uid"]})
            if st != 200: k.log.warning("profile lookup failed, bidding blind", logger="auction::enrich", code=st, _span=sp)
        bids = {}
        async def ask(name):
            async with c.client(name, "POST /bid") as k:
                st, a = await k.send({"id": aid, "seg": p.get("seg"), "floor": body["floor"]})
                if w.ns() > deadline: k.log.warning("late bid dropped", logger="auction::fanout", bidder=name, elapsed_ms=round(k.elapsed_ms()), _span=sp)
                elif st == 204:
                    if k.rng.random() < 0.5: k.log.debug("no-bid", logger="auction::fanout", bidder=name, _span=sp)
                else:
                    bids[name] = a
                    if name == "dsp-north": k.log.debug("bid", logger="auction::fanout", bidder=name, cpm=a["cpm"], elapsed_ms=round(k.elapsed_ms()), _span=sp)
        deadline = w.ns() + 110_000_000
        await asyncio.wait([c.spawn(ask("dsp-north")), c.spawn(ask("dsp-south"))], timeout=0.11)
        if not bids:
            c.log.info("no fill", logger="auction::rtb", id=aid, _span=sp)
            return 204, {}
        async with c.span("second price") as s:
            await s.work(0.3)
            win = max(bids, key=lambda x: bids[x]["cpm"])
            s.log.debug("ranked", logger="auction::price", bids=len(bids), winner=win)
        iid = f"imp_{c.rng.getrandbits(44):011x}"
        x = {"imp": iid, "auction": aid, "cid": bids[win]["cid"], "cpm": bids[win]["cpm"], "dsp": win, "pub": body["pub"]}
        w.imps[iid] = x
        c.spawn(after(c, x))
        c.log.info("sold", logger="auction::rtb", id=aid, imp=iid, seat=win, cpm=x["cpm"], us=int(c.elapsed_ms() * 1000), _span=sp)
        return 200, {"imp": iid}

    async def after(c, x):
        async with c.client(x["dsp"], "POST /win") as k:
            st, _ = await k.send({"auction": x["auction"], "cid": x["cid"], "price": x["cpm"]})
            if k.rng.random() < 0.7: k.log.debug("win notice sent", logger="auction::notify", bidder=x["dsp"], status=st, id=x["auction"])
        async with c.producer("auction.won") as p:
            o = await p.send(x)
            p.log.debug("delivered", logger="rdkafka::producer", topic="auction.won", partition=int(o) % 12, offset=o)
    auc.noise(5, lambda l: l.info("qps", logger="auction::stats", requests=r0.randrange(20, 90), p99_ms=r0.randrange(60, 110)))

    # ------------------------------------------------------------ bidders
    async def think(c, body, name):
        mine = [k for k, v in w.camps.items() if v["dsp"] == name and v["on"]]
        if not mine or c.rng.random() < 0.15: return None
        return {"cid": c.rng.choice(mine), "cpm": round(body["floor"] + c.rng.expovariate(0.6), 3)}

    @north.http("POST /bid")
    async def bid_n(c, body):
        async with c.span("score") as s:
            await s.work(14, 0.6)
            if s.rng.random() < 0.6: s.log.debug("scored", model="ctr-v41", candidates=s.rng.randrange(3, 40), dur=round(s.elapsed_ms() / 1000, 6), logger="score")
        a = await think(c, body, "north")
        if not a:
            c.log.debug("no bid", req=body["id"], reason=c.rng.choice(["floor", "frequency_cap", "no_campaign"]), logger="bid", incoming=True)
            return 204, {}
        c.log.info("bid", req=body["id"], campaign=a["cid"], price=a["cpm"], logger="bid", incoming=True)
        return 200, a

    @south.http("POST /bid")
    async def bid_s(c, body):
        await c.work(28, 0.9)
        async with c.span("aerospike get", "CLIENT") as s:
            await s.work(1.5)
            if s.rng.random() < 0.05: s.log.warning("aerospike: record too slow, using prior", logger="freqcap.cc:66")
        a = await think(c, body, "south")
        c.log.info(f"auction {body['id']}: " + (f"bidding {a['cpm']:.3f} for line {a['cid']}" if a else "pass"), logger="bidder.cc:204", incoming=True)
        return (200, a) if a else (204, {})

    @north.http("POST /win")
    async def win_n(c, body):
        await c.work(2)
        c.log.info("win", req=body["auction"], campaign=body["cid"], clearing=body["price"], logger="win", incoming=True)
        return 200, {}

    @south.http("POST /win")
    async def win_s(c, body):
        async with c.span("aerospike incr", "CLIENT") as s:
            await s.work(1.4)
            s.log.debug(f"freqcap incremented for line {body['cid']}", logger="freqcap.cc:91")
        if c.rng.random() < 0.6: c.log.info(f"won {body['auction']} at {body['price']:.3f}", logger="bidder.cc:251", incoming=True)
        return 200, {}

    for svc, name in ((north, "north"), (south, "south")):
        for topic in ("campaign.paused", "campaign.ready", "pace.updated"):
            def sub(svc=svc, name=name, topic=topic):
                @svc.consumer(topic)
                async def on(c, m):
                    x = m.body
                    if w.camps[x["cid"]]["dsp"] != name:
                        if name == "south": c.log.debug(f"ignoring {topic} for foreign line {x['cid']}", logger="consumer.cc:71", incoming=True)
                        return
                    await c.work(3)
                    if name == "north": c.log.info(topic, campaign=x["cid"], offset=int(m.id), rate=x.get("rate"), logger="sync", incoming=True)
                    elif topic != "pace.updated": c.log.info(f"line {x['cid']} {'stopped' if topic.endswith('paused') else 'loaded'} (offset {m.id})", logger="consumer.cc:84", incoming=True)
                    else: c.log.info(f"throttle of line {x['cid']} set to {x['rate']}", logger="throttle.cc:40", incoming=True)
            sub()
    north.noise(5, lambda l: l.debug("consumer/broker/2 accumulated 1 new subscriptions" if r0.random() < .3 else "gc", heap_mb=r0.randrange(200, 900), logger="sarama"))
    south.noise(6, lambda l: l.info(f"model cache {r0.randrange(90, 100)}% hit, rss {r0.randrange(900, 1400)} MB", logger="main.cc:58"))

    # ------------------------------------------------------------ profile
    @prof.http("rpc Lookup")
    async def lookup(c, body):
        async with c.span("HGETALL", "CLIENT") as s:
            await s.work(0.9)
            hit = s.rng.random() > 0.2
            if s.rng.random() < 0.7: s.log.debug("redis", cmd="hgetall", key="u:" + body["uid"], hit=hit, took=f"{s.elapsed_ms():.3f}ms")
        if c.rng.random() < 0.02:
            c.log.error("rpc error: code = Unavailable desc = transport is closing", uid=body["uid"], incoming=True)
            return 503, {}
        if not hit: c.log.debug("unknown user", uid=body["uid"], incoming=True)
        else: c.log.info("finished unary call with code OK", **{"grpc.method": "Lookup", "grpc.time_ms": f"{c.elapsed_ms():.2f}"}, uid=body["uid"], incoming=True)
        return 200, {"seg": c.rng.randrange(900) if hit else None}
    prof.noise(7, lambda l: l.info("segments merged", users=r0.randrange(10**4), took=f"{r0.uniform(100, 900):.0f}ms"))

    # ------------------------------------------------------------ tracker
    def pixel(path, topic, st):
        @trk.http(f"GET /{path}/{{imp}}")
        async def hit(c, body):
            iid = body["_route"].split("/")[-1]
            await c.work(1)
            await c.publish(topic, {"imp": iid, "ip": body["ip"]}, producer_span=topic == "raw.click")
            c.log.info("", ip=body["ip"], uri=f"/{path}/{iid}?cb={c.rng.randrange(10**6)}", st=st, n=43 if st == 200 else 0, pub=f"https://{w.imps[iid]['pub']}/", incoming=True)
            return st, {}
    pixel("i", "raw.imp", 200)
    pixel("c", "raw.click", 302)
    trk.noise(6, lambda l: l.info("", ip="10.0.0.3", uri="/ping", st=200, n=2, pub="-"))

    # ------------------------------------------------------------ fraud
    @fraud.consumer("raw.imp", concurrency=12)
    async def imp_check(c, m):
        iid = m.body["imp"]
        async with c.span("features") as s:
            await s.work(6)
            if s.rng.random() < 0.6: s.log.debug("feature vector built", dims=212, missing=s.rng.randrange(9), logger="fraud.features")
        async with c.span("predict") as s:
            await s.work(22, 0.5)
            score = round(s.rng.betavariate(1, 9), 3)
            s.log.debug("model scored event", score=score, model="ivt-2026-02", logger="fraud.model")
        if score > 0.3:
            c.log.warning("invalid traffic", impression=iid, score=score, ip=m.body["ip"], logger="fraud.stream", incoming=True)
            await c.publish("imp.invalid", {"imp": iid}, producer_span=False)
            return
        async with c.producer("imp.valid") as p:
            await p.send({"imp": iid})
            if p.rng.random() < 0.6: p.log.debug("forwarded", impression=iid, logger="fraud.stream")
        open_imps.append((c, iid))

    @fraud.consumer("raw.click")
    async def click_check(c, m):
        await c.work(15)
        if c.rng.random() < 0.1:
            c.log.warning("click rejected: too fast", impression=m.body["imp"], logger="fraud.clicks", incoming=True)
            return
        c.log.info("click ok", impression=m.body["imp"], offset=int(m.id), logger="fraud.clicks", incoming=True)
        await c.publish("click.valid", {"imp": m.body["imp"]}, producer_span=False)

    @fraud.every(10)
    async def late_sweep(c):
        some, open_imps[:] = list(open_imps), []
        bad = [(x, i) for x, i in some if c.rng.random() < 0.08]
        c.log.info("late sweep", checked=len(some), suspicious=len(bad), logger="fraud.sweep")
        for x, iid in bad:
            c.link(x)
            async with c.producer("imp.reversed") as p:
                await p.send({"imp": iid})
                p.log.warning("reversal requested", impression=iid, logger="fraud.sweep")

    def scanner(topic, what, ms_):
        @fraud.consumer(topic, retries=2, retry_ms=600)
        async def scan(c, m):
            cid = m.body["cid"]
            c.log.info(f"{what} scan of creative started", campaign_id=cid, attempt=m.attempt, logger="fraud.review", incoming=True)
            async with c.span(f"{what} scan", "CLIENT") as s:
                await s.work(ms_, 0.5)
                if s.rng.random() < 0.1 and m.attempt < 3:
                    s.log.warning("urllib3: Retrying after connection broken by ReadTimeoutError", url=f"/{what}", logger="urllib3.connectionpool")
                    raise Exception("timeout")
            ok = c.rng.random() > 0.08
            await c.publish("review.done", {"cid": cid, "what": what, "ok": ok}, producer_span=False)
            c.log.info(f"{what} verdict", campaign_id=cid, clean=ok, seconds=round(c.elapsed_ms() / 1000, 2), logger="fraud.review")
    scanner("campaign.submitted", "malware", 320)
    scanner("campaign.submitted", "brand", 700)
    fraud.noise(7, lambda l: l.debug("heartbeat sent to coordinator", generation=r0.randrange(40, 50), logger="aiokafka.consumer.group_coordinator"))

    # ------------------------------------------------------------ billing
    @bill.consumer("auction.won")
    async def reserve(c, m):
        async with c.span("INSERT holds", "CLIENT") as s:
            await s.work(4)
            if s.rng.random() < 0.75: s.log.debug("Query", sql="insert into holds(imp, campaign, micros) values ($1,$2,$3)", time=f"{s.elapsed_ms():.3f}ms", rows=1, logger="tracelog.go:52")
        c.log.debug("hold placed", imp=m.body["imp"][4:], campaign=m.body["cid"], logger="holds.go:33", incoming=True)

    async def charge(c, x, amount):
        async with c.span("UPDATE accounts", "CLIENT") as s:
            await s.work(5)
            if s.rng.random() < 0.75: s.log.debug("Query", sql="update accounts set micros = micros - $1 where adv = $2", time=f"{s.elapsed_ms():.3f}ms", rows=1, logger="tracelog.go:52")
        async with c.producer("spend") as p:
            o = await p.send({"cid": x["cid"], "eur": amount})
            if amount < 0: p.log.info("spend corrected", campaign=x["cid"], eur=amount, offset=int(o), logger="spend.go:48")

    @bill.consumer("imp.valid", retries=3, retry_ms=200)
    async def on_imp(c, m):
        x = w.imps[m.body["imp"]]
        if m.attempt < 4 and c.rng.random() < 0.04:
            c.log.warning("deadlock detected, retrying in 200ms", attempt=m.attempt, imp=x["imp"][4:], logger="retry.go:27", incoming=True)
            raise Exception("deadlock")
        await charge(c, x, round(x["cpm"] / 10, 4))
        c.log.info("charged", imp=x["imp"][4:], campaign=x["cid"], eur=round(x["cpm"] / 10, 4), logger="charge.go:71", incoming=True)

    @bill.consumer("click.valid")
    async def on_click(c, m):
        await c.work(3)
        c.log.info("click counted", imp=m.body["imp"][4:], logger="charge.go:102", incoming=True)

    @bill.consumer("imp.reversed")
    async def on_reverse(c, m):
        x = w.imps[m.body["imp"]]
        c.log.warning("reversing charge", imp=x["imp"][4:], logger="reverse.go:29", incoming=True)
        await charge(c, x, -round(x["cpm"] / 10, 4))

    @bill.consumer("imp.invalid")
    async def on_invalid(c, m):
        await c.work(3)
        c.log.info("hold released", imp=m.body["imp"][4:], logger="holds.go:58", incoming=True)

    @bill.every(14)
    async def settle_advertisers(c):
        advs = sorted({v["adv"] for v in w.camps.values()})[:4]
        for a in advs:
            async with c.span("INSERT statements", "CLIENT") as s:
                await s.work(8)
                s.log.info("statement line", advertiser=a, eur=round(s.rng.uniform(0, 20), 2), logger="settle.go:44")
        c.log.info("settlement done", advertisers=len(advs), dur=f"{c.elapsed_ms():.1f}ms", logger="settle.go:61")
    bill.noise(6, lambda l: l.debug("pgxpool", acquired=r0.randrange(6), idle=r0.randrange(10), logger="pool.go:20"))

    # ------------------------------------------------------------ pacer
    @pacer.consumer("spend")
    async def on_spend(c, m):
        k = w.camps[m.body["cid"]]
        k["spent"] += m.body["eur"]
        await c.work(1)
        if k["on"] and k["spent"] > k["budget"]:
            k["on"] = False
            c.log.warning("Budget exhausted, pausing", campaign=m.body["cid"], spent=round(k["spent"], 2), budget=round(k["budget"], 2), logger="budget_controller.go:140", incoming=True)
            async with c.producer("campaign.paused") as p:
                await p.send({"cid": m.body["cid"]})
                p.log.info("Event occurred", object=f"rtb/c-{m.body['cid']}", kind="Campaign", type="Normal", reason="Paused", logger="event.go:389")
        elif c.rng.random() < 0.8:
            c.log.debug("Reconciled", campaign=m.body["cid"], spent=round(k["spent"], 2), logger="budget_controller.go:152", incoming=True)

    @pacer.every(9)
    async def pacing_round(c):
        live = [k for k, v in w.camps.items() if v["on"]]
        c.log.info("Starting pacing round", live=len(live), logger="pacing.go:38")
        for cid in c.rng.sample(live, min(3, len(live))):
            rate = round(c.rng.uniform(0.2, 1), 2)
            async with c.producer("pace.updated") as p:
                await p.send({"cid": cid, "rate": rate})
                p.log.info("Throttle updated", campaign=cid, rate=rate, logger="pacing.go:55")

    @pacer.consumer("campaign.ready")
    async def admit(c, m):
        async with c.span("etcd txn", "CLIENT") as s:
            await s.work(6)
            s.log.debug("Txn committed", key=f"/pacer/budgets/{m.body['cid']}", revision=s.rng.randrange(10**6), logger="store.go:77")
        c.log.info("Campaign admitted", campaign=m.body["cid"], logger="budget_controller.go:88", incoming=True)
    pacer.noise(8, lambda l: l.info("successfully renewed lease rtb/pacer-leader", logger="leaderelection.go:258"))

    # ------------------------------------------------------------ campaigns
    def lograge(c, body, ctl, st, incoming=True):
        verb, path = body["_route"].split(" ")
        c.log.info(f"method={verb} path={path} format=json controller=CampaignsController action={ctl} status={st} duration={c.elapsed_ms():.2f} view=0.11 db={c.elapsed_ms() * 0.6:.2f}", incoming=incoming)

    @camp.http("POST /campaigns")
    async def create(c, body):
        n["c"] += 1
        cid = n["c"]
        async with c.span("Campaign Create", "CLIENT") as s:
            await s.work(6)
            s.log.debug(f"  Campaign Create ({s.elapsed_ms():.1f}ms)  INSERT INTO \"campaigns\" (\"advertiser\", \"budget\") VALUES ($1, $2) RETURNING \"id\"  [[\"advertiser\", \"{body['adv']}\"]]")
        w.camps[cid] = {"dsp": c.rng.choice(["north", "south"]), "budget": body["eur"], "spent": 0.0, "on": False, "adv": body["adv"]}
        reviews[cid] = {}
        async with c.producer("campaign.submitted") as p:
            o = await p.send({"cid": cid})
            p.log.info(f"[Karafka] Sync producing of a message to 'campaign.submitted' topic, campaign #{cid}, offset {o}")
        lograge(c, body, "create", 201)
        return 201, {"id": cid}

    @camp.consumer("review.done")
    async def review(c, m):
        cid, v = m.body["cid"], reviews[m.body["cid"]]
        v[m.body["what"]] = m.body["ok"]
        if len(v) < 2:
            c.log.info(f"[ReviewJob] campaign #{cid}: {m.body['what']} {'passed' if m.body['ok'] else 'FAILED'}, waiting for the other", incoming=True)
            return
        ok = all(v.values())
        async with c.span("Campaign Update", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"  Campaign Update ({s.elapsed_ms():.1f}ms)  UPDATE \"campaigns\" SET \"state\" = $1 WHERE \"id\" = $2  [[\"state\", \"{'ready' if ok else 'rejected'}\"], [\"id\", {cid}]]")
        if ok:
            w.camps[cid]["on"] = True
            await c.publish("campaign.ready", {"cid": cid})
        c.log.info(f"[ReviewJob] campaign #{cid} is {'live' if ok else 'rejected'}", incoming=True)

    @camp.consumer("campaign.paused")
    async def paused(c, m):
        async with c.span("Campaign Update", "CLIENT") as s:
            await s.work(4)
        c.log.info(f"[PauseJob] Performed: campaign #{m.body['cid']} paused by pacer in {c.elapsed_ms():.1f}ms", incoming=True)

    @camp.http("PATCH /campaigns/{id}")
    async def amend(c, body):
        cid = int(body["_route"].split("/")[-1])
        async with c.span("Campaign Update", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"  Campaign Update ({s.elapsed_ms():.1f}ms)  UPDATE \"campaigns\" SET \"budget\" = $1 WHERE \"id\" = $2  [[\"budget\", {body['eur']}], [\"id\", {cid}]]")
        w.camps[cid]["budget"] += body["eur"]
        if not w.camps[cid]["on"] and len(reviews.get(cid, "xx")) == 2 and all(reviews.get(cid, {"x": 1}).values()):
            w.camps[cid]["on"] = True
            await c.publish("campaign.ready", {"cid": cid})
        lograge(c, body, "update", 200)
        return 200, {}

    @camp.http("GET /campaigns/{id}/report")
    async def report(c, body):
        async with c.span("SELECT rollup", "CLIENT") as s:
            await s.work(18, 0.6)
            s.log.debug(f"  Rollup Load ({s.elapsed_ms():.1f}ms)  SELECT \"rollups\".* FROM \"rollups\" WHERE \"campaign_id\" = $1")
        lograge(c, body, "report", 200)
        return 200, {}
    camp.noise(9, lambda l: l.debug(f"[Karafka] Polled 0 messages in {r0.randrange(900, 1001)}ms"))


async def load(w):
    r = w.rng
    async def one(i):
        x = r.random()
        if x < 0.12:
            st, a = await w.start("exchange", "POST /campaigns", {"adv": f"adv-{r.randrange(10, 40)}", "eur": r.choice([2, 5, 10])})
            await sleep(r.uniform(1500, 5000))
            await w.start("exchange", r.choice([f"PATCH /campaigns/{a['id']}", f"GET /campaigns/{a['id']}/report"]), {"eur": 5})
        elif x < 0.18: await w.start("exchange", f"PATCH /campaigns/{r.choice(range(700, 714))}", {"eur": r.choice([2, 4])})
        elif x < 0.22: await w.start("exchange", f"GET /campaigns/{r.choice(range(700, 714))}/report")
        else:
            st, a = await w.start("exchange", "POST /openrtb/2.6/auction", {"uid": f"{r.randrange(16**10):010x}", "pub": r.choice(["news.example", "wetter.example", "games.example"]), "floor": r.choice([0.2, 0.5, 1.0])})
            if st == 200 and r.random() < 0.75:
                ip = f"198.51.100.{r.randrange(250)}"
                await sleep(r.uniform(80, 1200))
                await w.start("tracker", f"GET /i/{a['imp']}", {"ip": ip})
                if r.random() < 0.25:
                    await sleep(r.uniform(300, 2500))
                    await w.start("tracker", f"GET /c/{a['imp']}", {"ip": ip})
    await arrivals(w, 125, 4.0, one)

record(build, load, "t_adbidding")
