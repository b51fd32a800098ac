"""Spare parts wholesaler: garages order, credit and stock are checked line by line, what is there ships in parts, what is not goes on back order, is bundled into purchase
orders, announced by suppliers, received at the dock and allotted; back orders are asked about and cancelled, price lists come in as files."""
import json
from world import *


def ms3(r): return "%03d" % (r.time.microsecond // 1000)

def nginx(r):         # shop-gw: custom log_format with request_time
    if "req" not in r.fields: return f"{r.time:%Y/%m/%d %H:%M:%S} [{'notice' if r.level == 'INFO' else r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    f = r.fields
    return f"{f['ip']} - {f['user']} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['req']} HTTP/1.1\" {f['st']} {f['size']} rt={f['rt']:.3f} urt={max(f['rt'] - 0.001, 0):.3f} trace={r.trace_id or '-'} span={r.span_id or '-'}"

def serilogtext(r):   # orders: Serilog with {Properties:j}
    lv = {"DEBUG": "Debug", "INFO": "Information", "WARN": "Warning", "ERROR": "Error"}[r.level]
    ids = f" tr:{r.trace_id} sp:{r.span_id}" if r.trace_id else ""
    if r.incoming_parent: ids += f" pa:{r.incoming_parent}"
    return f"{r.time:%Y-%m-%dT%H:%M:%S}.{ms3(r)}0000Z ({lv}){ids} <{r.logger}> {r.message}"

def hclog(r):         # stock
    kv = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and (' ' in v or '=' in v) else v}" for k, v in r.fields.items())
    if r.trace_id: kv += f" trace_id={r.trace_id} span_id={r.span_id}"
    if r.incoming: kv += f" traceparent={r.incoming}"
    lv = f"[{r.level}]"
    return f"{isoz(r)} {lv:<7} {r.logger}: {r.message}" + (":" + kv if kv else "")

def jul2(r):          # backorder: java.util.logging, SimpleFormatter's two lines, whole seconds
    lv = {"DEBUG": "FINE", "WARN": "WARNING", "ERROR": "SEVERE"}.get(r.level, r.level)
    h = r.time.hour % 12 or 12
    ids = f" [trace {r.trace_id}, span {r.span_id}]" if r.trace_id else ""
    if r.incoming_parent: ids += f" [sent by {r.incoming_parent}]"
    return f"{r.time:%b %d, %Y} {h}:{r.time:%M:%S} {'AM' if r.time.hour < 12 else 'PM'} {r.logger}\n{lv}: {r.message}{ids}"

def log4perl(r):      # purchasing
    ids = f" {r.trace_id}.{r.span_id}" if r.trace_id else " -"
    inc = f" ({r.incoming})" if r.incoming else ""
    return f"{r.time:%Y/%m/%d %H:%M:%S},{ms3(r)} {r.level}{ids} {r.logger}> {r.message}{inc}"

def log4js(r):        # supplier-gw
    ids = f" {{trace:{r.trace_id},span:{r.span_id}" + (f",parent:{r.incoming_parent}" if r.incoming_parent else "") + "}" if r.trace_id else ""
    return f"[{r.time:%Y-%m-%dT%H:%M:%S}.{ms3(r)}] [{r.level}] {r.logger} -{ids} {r.message}"

def structkv(r):      # wms: structlog KeyValueRenderer
    d = {"event": r.message, **r.fields}
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["parent_id"] = r.incoming_parent
    return f"timestamp='{isoz(r, 6)}' level='{'warning' if r.level == 'WARN' else r.level.lower()}' logger='{r.logger}' " + " ".join(f"{k}={v!r}" for k, v in d.items())

def prettyjson(r):    # shipping: somebody left the indentation on
    d = {"severity": "WARNING" if r.level == "WARN" else r.level, "timestamp": isoz(r, 6), "message": r.message}
    if r.fields: d["data"] = r.fields
    if r.trace_id: d |= {"logging.googleapis.com/trace": f"projects/parts-eu/traces/{r.trace_id}", "logging.googleapis.com/spanId": r.span_id}
    if r.incoming: d["httpRequest"] = {"traceparent": r.incoming}
    return json.dumps(d, indent=2)

def grailslog(r):     # credit: ancient, bracket soup
    ids = f"[{r.trace_id}][{r.span_id}]" if r.trace_id else "[][]"
    if r.incoming_parent: ids += f"[{r.incoming_parent}]"
    return f"[{r.level}][{r.time:%Y-%m-%d %H:%M:%S}.{ms3(r)}]{ids}[{r.logger}] {r.message}"

def monologline(r):   # notify: Laravel's default
    ctx = dict(r.fields)
    if r.trace_id: ctx |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: ctx["parent_span"] = r.incoming_parent
    return f"[{r.time:%Y-%m-%d %H:%M:%S}] production.{r.level.replace('WARN', 'WARNING')}: {r.message} {json.dumps(ctx, separators=(',', ':')) if ctx else ''}".rstrip()


def build(w):
    w.network_ms, w.broker_ms = 1.1, 15
    n = {"so": 410_200, "bo": 5100, "po": 77_010, "ship": 0, "asn": 300, "msg": 9_000, "lst": 40}
    def nxt(k, by=1):
        n[k] += by
        return n[k]
    w.new_message_id = lambda: nxt("msg")
    w.orders, w.bos, w.pos = {}, {}, {}
    demand, rounds = [], [0]

    gw = w.service("shop-gw", nginx)
    so = w.service("orders", serilogtext, errors=lambda c, e: c.log.error(f"Consumer faulted: {e}\nSystem.InvalidOperationException: {e}\n   at Parts.Orders.Bus.Dispatch(Envelope e) in /src/Bus.cs:line 118", logger="MassTransit"))
    credit = w.service("credit", grailslog)
    stock = w.service("stock", hclog, errors=lambda c, e: c.log.error("message failed for good", logger="stock.bus", error=str(e)))
    bo = w.service("backorder", jul2, errors=lambda c, e: c.log.error(f"Message dropped: {e}\njava.lang.IllegalStateException: {e}\n\tat parts.bo.Inbox.accept(Inbox.java:64)", logger="parts.bo.Inbox accept"))
    pur = w.service("purchasing", log4perl, errors=lambda c, e: c.log.error(f"died: {e} at /opt/purchasing/lib/Inbox.pm line 203.", logger="Inbox"))
    sup = w.service("supplier-gw", log4js, errors=lambda c, e: c.log.error(f"unhandled error: {e}", logger="edi"))
    wms = w.service("wms", structkv, errors=lambda c, e: c.log.error("task_failed", logger="wms.bus", exception=str(e)))
    ship = w.service("shipping", prettyjson, errors=lambda c, e: c.log.error("subscription handler failed", error=str(e)))
    tell = w.service("notify", monologline, errors=lambda c, e: c.log.error(str(e), exception="[object] (RuntimeException(code: 0))"))

    # ---- gateway
    @gw.http("ANY *")
    async def pass_on(c, b):
        path = b["_route"].split(" ")[1]
        to = "backorder" if path.startswith("/backorders") else "supplier-gw" if path.startswith("/edi") else "orders"
        st, a = await c.call(to, b["_route"], {k: v for k, v in b.items() if k[0] != "_"}, client_span=False)
        c.log.info("", req=b["_route"], st=st, size=c.rng.randrange(100, 3000), rt=c.elapsed_ms() / 1000, ip=f"80.{c.rng.randrange(240)}.3.{c.rng.randrange(250)}", user=b.get("garage", "-"))
        return st, a
    gw.noise(10, lambda l: l.info("signal 17 (SIGCHLD) received"))

    # ---- orders
    @so.http("POST /orders")
    async def place(c, b):
        no = f"SO-{nxt('so', 3)}"
        L = "Parts.Orders.PlaceOrder"
        c.log.info(f"Order {no} from garage {b['garage']}, {len(b['lines'])} line(s)", logger=L, incoming=True)
        async with c.client("credit", f"POST /limits/{b['garage']}/reserve") as k:
            st, a = await k.send({"eur": b["eur"], "for": no})
            if st != 200: k.log.warning(f"Credit says no for {no}: {a['why']}", logger=L)
        if st != 200: return 402, {"order": no}
        async with c.span("INSERT orders", "CLIENT") as d:
            await d.work(8)
            d.log.debug(f"Executed DbCommand [Parameters=[@p0='{no}', @p1='{b['garage']}'], CommandTimeout='30'] INSERT INTO orders", logger="Microsoft.EntityFrameworkCore.Database.Command")
        async def line(i, sku, qty):
            async with c.client("stock", f"POST /skus/{sku}/reserve") as k:
                st, a = await k.send({"qty": qty, "ref": f"{no}/{i}"})
                if a["got"] < qty: k.log.info(f"{no}/{i}: {a['got']} of {qty} x {sku} available", logger=L)
                return {"line": i, "sku": sku, "qty": qty, "got": a["got"]}
        lines = await asyncio.gather(*[line(i + 1, s, q) for i, (s, q) in enumerate(b["lines"])])
        w.orders[no] = {"no": no, "garage": b["garage"], "state": "open", "lines": lines}
        here, short = [x for x in lines if x["got"]], [x for x in lines if x["got"] < x["qty"]]
        if here:
            async with c.producer("pick.wanted") as p:
                mid = await p.send({"order": no, "garage": b["garage"], "lines": [(x["sku"], x["got"]) for x in here]})
                p.log.debug(f"pick.wanted {no} sent as {mid}", logger="MassTransit")
        for x in short:
            await c.publish("line.short", {"order": no, "garage": b["garage"], "line": x["line"], "sku": x["sku"], "qty": x["qty"] - x["got"]}, producer_span=False)
        c.log.info(f"Order {no} accepted: {len(here)} to pick, {len(short)} short, {c.elapsed_ms():.0f} ms", logger=L)
        return 201, {"order": no}

    @so.http("GET /orders/{no}")
    async def show(c, b):
        no = b["_route"].split("/")[-1]
        async with c.span("SELECT orders", "CLIENT") as d:
            await d.work(4)
            d.log.debug(f"Executed DbCommand [Parameters=[@p0='{no}'], CommandTimeout='30'] SELECT o.* FROM orders", logger="Microsoft.EntityFrameworkCore.Database.Command")
        return 200, {}

    @so.http("DELETE /orders/{no}")
    async def cancel(c, b):
        no = b["_route"].split("/")[-1]
        o = w.orders[no]
        if o["state"] != "open":
            c.log.warn(f"{no} is {o['state']}, too late to cancel", logger="Parts.Orders.CancelOrder", incoming=True)
            return 409, {}
        o["state"] = "cancelled"
        async with c.span("UPDATE orders", "CLIENT") as d:
            await d.work(6)
        async with c.producer("order.cancelled") as p:
            p.log.info(f"Cancelling {no}", logger="Parts.Orders.CancelOrder")
            await p.send({"order": no, "garage": o["garage"], "lines": [(x["sku"], x["got"]) for x in o["lines"]]})
        return 200, {}

    @so.consumer("parcel.shipped")
    async def shipped(c, m):
        o = w.orders.get(m.body["order"])
        if o and o["state"] == "open": o["state"] = "shipped"
        await c.work(3)
        async with c.span("UPDATE orders", "CLIENT") as d:
            await d.work(5)
            d.log.debug(f"Executed DbCommand [Parameters=[@p0='{m.body['order']}', @p1='{m.body['parcel']}'], CommandTimeout='30'] UPDATE orders", logger="Microsoft.EntityFrameworkCore.Database.Command")
        c.log.info(f"{m.body['order']} left with parcel {m.body['parcel']}", logger="Parts.Orders.ShippedConsumer", incoming=True)
    so.noise(6, lambda l: l.debug("Health check sql completed with status Healthy", logger="Microsoft.Extensions.Diagnostics.HealthChecks"))

    # ---- credit
    @credit.http("POST /limits/{garage}/reserve")
    async def limit(c, b):
        g = b["_route"].split("/")[2]
        async with c.span("SELECT limits", "CLIENT") as d:
            await d.work(6)
            d.log.debug(f"select amount from limits where customer_no = {g[1:]}", logger="SQL")
        await c.work(5)
        ok = c.rng.random() > 0.05
        c.log.info(f"{g} wants {b['eur']} for {b['for']}: {'granted' if ok else 'REFUSED'}", logger="LimitService", incoming=True)
        return (200, {}) if ok else (403, {"why": "limit exceeded"})
    credit.noise(8, lambda l: l.info("sanction list unchanged", logger="ListJob"))

    # ---- stock
    @stock.http("POST /skus/{sku}/reserve")
    async def reserve(c, b):
        sku = b["_route"].split("/")[2]
        async with c.span("update bin", "CLIENT") as d:
            await d.work(5)
            if d.rng.random() < 0.04:
                d.log.warn("row contended, retrying", logger="stock.pg", sku=sku)
                await d.work(9)
            else: d.log.debug("update bin set reserved = reserved + $1 where sku = $2", logger="stock.pg", args=f"[{b['qty']} {sku}]")
        got = b["qty"] if c.rng.random() < 0.68 else c.rng.randrange(0, b["qty"])
        c.log.info("reserved", logger="stock", sku=sku, wanted=b["qty"], got=got, ref=b["ref"], incoming=True)
        return 200, {"got": got}

    @stock.consumer("order.cancelled")
    async def give_back(c, m):
        await c.work(2)
        for sku, q in m.body["lines"]:
            async with c.span("update bin", "CLIENT") as d:
                await d.work(4)
                d.log.debug("put back", logger="stock.pg", sku=sku, qty=q)
        c.log.info("order released", logger="stock", order=m.body["order"], incoming=True)

    @stock.consumer("goods.received", retries=2, retry_ms=300)
    async def book_in(c, m):
        b = m.body
        await c.work(3)
        async with c.span("insert movement", "CLIENT") as d:
            await d.work(7)
            if m.attempt == 1 and c.rng.random() < 0.06:
                d.log.error("deadlock detected", logger="stock.pg", po=b["po"])
                raise Exception("deadlock")
            d.log.debug("movement", logger="stock.pg", sku=b["sku"], qty=b["qty"], doc=b["po"])
        async with c.producer("stock.arrived") as p:
            await p.send(b)
            p.log.info("arrived", logger="stock", sku=b["sku"], po=b["po"], on_hand=c.rng.randrange(b["qty"], 90))
    stock.noise(5, lambda l: l.debug("snapshot written", logger="stock.raft", index=w.rng.randrange(10 ** 5, 10 ** 6)))

    # ---- back orders
    @bo.consumer("line.short")
    async def open_bo(c, m):
        b = m.body
        no = f"B{nxt('bo', 3)}"
        w.bos[no] = dict(b, bo=no, state="open")
        await c.work(3)
        async with c.span("insert back_order", "CLIENT") as d:
            await d.work(6)
        c.log.info(f"Back order {no} opened for {b['order']} line {b['line']}: {b['qty']} x {b['sku']}", logger="parts.bo.Desk open", incoming=True)
        demand.append((no, c))
        await c.publish("customer.tell", {"garage": b["garage"], "tpl": "backorder", "ref": no})

    @bo.every(4, first=3)
    async def bundle_demand(c):
        rows, demand[:] = [(n_, x) for n_, x in demand if w.bos[n_]["state"] == "open"], []
        by = {}
        for n_, x in rows: by.setdefault(w.bos[n_]["sku"][:2], []).append((n_, x))
        rounds[0] += 1
        if not by:
            c.log.debug(f"Round {rounds[0]}: nothing to buy", logger="parts.bo.Bundler run")
            return
        c.log.info(f"Round {rounds[0]}: {len(rows)} back orders, {len(by)} suppliers", logger="parts.bo.Bundler run")
        for brand, group in by.items():
            async with c.producer("purchase.wanted") as p:
                for _, x in group: p.link(x)
                await p.send({"brand": brand, "items": [{"bo": n_, "sku": w.bos[n_]["sku"], "qty": w.bos[n_]["qty"]} for n_, _ in group]})
                p.log.info(f"Requisition to {brand}: {', '.join(n_ for n_, _ in group)}", logger="parts.bo.Bundler run")
            for n_, _ in group: w.bos[n_]["state"] = "ordered"

    @bo.consumer("stock.arrived")
    async def allot(c, m):
        b = m.body
        x = w.bos[b["bo"]]
        await c.work(4)
        if x["state"] == "cancelled":
            c.log.warn(f"{x['bo']} was cancelled meanwhile, goods go to shelf", logger="parts.bo.Allotter on", incoming=True)
            return
        async with c.span("update back_order", "CLIENT") as d:
            await d.work(6)
        x["state"] = "filled"
        c.log.info(f"{x['bo']} can be filled, {x['qty']} x {x['sku']} for {x['order']}", logger="parts.bo.Allotter on", incoming=True)
        async with c.producer("pick.wanted") as p:
            await p.send({"order": x["order"], "garage": x["garage"], "lines": [(x["sku"], x["qty"])]})
            p.log.debug(f"pick.wanted for {x['bo']}", logger="parts.bo.Outbox send")

    @bo.http("DELETE /backorders/{bo}")
    async def drop(c, b):
        no = b["_route"].split("/")[-1]
        x = w.bos[no]
        late = x["state"] not in ("open", "ordered")
        await c.work(6)
        c.log.info(f"{no}: garage cancels, {'too late, ' + x['state'] if late else 'done'}", logger="parts.bo.Resource delete", incoming=True)
        if late: return 409, {}
        was, x["state"] = x["state"], "cancelled"
        if was == "ordered":
            async with c.client("purchasing", "POST /amendments") as k:
                st, a = await k.send({"bo": no})
                k.log.debug(f"Purchasing answered {st} for {no}", logger="parts.bo.PurchasingClient amend")
        return 200, {}

    @bo.http("GET /backorders/{bo}")
    async def eta(c, b):
        async with c.span("select back_order", "CLIENT") as d:
            await d.work(3)
        no = b["_route"].split("/")[-1]
        c.log.debug(f"{no} is {w.bos[no]['state']}", logger="parts.bo.Resource get", incoming=True)
        return 200, {}
    bo.noise(7, lambda l: l.debug("Session factory statistics: 2 open", logger="parts.bo.Stats log"))

    # ---- purchasing
    @pur.consumer("purchase.wanted")
    async def buy(c, m):
        b = m.body
        po = f"4500{nxt('po', 5)}"
        w.pos[po] = b
        c.log.info(f"requisition of {len(b['items'])} item(s) for vendor {b['brand']} becomes PO {po}", logger="Buyer", incoming=True)
        await c.work(30)
        async with c.span("INSERT po", "CLIENT") as d:
            await d.work(9)
            for it in b["items"]: d.log.debug(f"INSERT INTO po_item VALUES ('{po}', '{it['sku']}', {it['qty']}, '{it['bo']}')", logger="DBI")
        async with c.client("supplier-gw", "POST /out/orders") as k:
            st, a = await k.send({"po": po, "brand": b["brand"], "n": len(b["items"])})
            k.log.info(f"{po} handed to EDI ({st})", logger="Buyer")
            if st != 202:
                async with c.producer("purchase.failed") as p:
                    await p.send({"po": po, "garages": [w.bos[i["bo"]]["garage"] for i in b["items"]]})
                    p.log.error(f"{po} could not be sent, buyers informed", logger="Buyer")

    @pur.http("POST /amendments")
    async def amend(c, b):
        async with c.span("UPDATE po_item", "CLIENT") as d:
            await d.work(5)
            d.log.debug(f"UPDATE po_item SET qty = 0 WHERE bo = '{b['bo']}'", logger="DBI")
        c.log.info(f"item for {b['bo']} struck", logger="Amend", incoming=True)
        return 200, {}

    @pur.consumer("asn.received")
    async def expect(c, m):
        await c.work(6)
        c.log.info(f"PO {m.body['po']} announced by {m.body['asn']}", logger="Expect", incoming=True)
        if c.rng.random() < 0.15: c.log.warn(f"PO {m.body['po']}: delivery later than confirmed", logger="Expect")

    @pur.consumer("pricelist.row")
    async def price(c, m):
        await c.work(2)
        async with c.span("UPDATE price", "CLIENT") as d:
            await d.work(3)
        c.log.debug(f"{m.body['list']} row {m.body['row']}: {m.body['sku']} {m.body['old']} -> {m.body['new']}", logger="Prices")
    pur.noise(6, lambda l: l.debug("forked child is idle", logger="Prefork"))

    # ---- supplier gateway: out, acknowledgement, announcement
    @sup.http("POST /out/orders")
    async def out(c, b):
        c.log.info(f"ORDERS {b['po']} -> {b['brand']}", logger="edi", incoming=True)
        ok = False
        for i in range(1, 4):
            async with c.span("AS2 POST", "CLIENT") as s:
                await s.work(170, 0.5)
                ok = s.rng.random() > 0.14
                if ok: s.log.debug(f"MDN processed for {b['po']}", logger="as2")
                else: s.log.warn(f"MDN missing for {b['po']}, try {i} of 3", logger="as2")
            if ok: break
            await sleep(200)
        return (202 if ok else 504), {}

    @sup.http("POST /edi/despatch")
    async def asn(c, b):
        no = f"ASN{nxt('asn', 2):06d}"
        c.log.info(f"DESADV {no} for {b['po']}", logger="edi")
        async with c.span("translate") as s:
            await s.work(14)
            s.log.debug(f"{no}: {b['n']} LIN segments", logger="mapper")
        async with c.producer("asn.received") as p:
            mid = await p.send({"asn": no, "po": b["po"]})
            p.log.info(f"published asn.received #{mid}", logger="bus")
        return 200, {}

    @sup.http("POST /edi/pricat")
    async def pricat(c, b):
        lst = f"PL-{b['brand']}-{nxt('lst'):03d}"
        async with c.span("translate") as s:
            await s.work(30)
        for i in range(b["rows"]):
            async with c.producer("pricelist.row") as p:
                await p.send({"list": lst, "row": i + 1, "sku": sku_no(c.rng, b["brand"]), "old": c.rng.randrange(5, 90), "new": c.rng.randrange(5, 90)})
                if i == 0: p.log.debug(f"{lst} streaming {b['rows']} rows", logger="bus")
        c.log.info(f"PRICAT {lst}: {b['rows']} rows in {c.elapsed_ms():.0f}ms", logger="edi", incoming=True)
        return 200, {}
    sup.noise(8, lambda l: l.debug("as2 certificate check: 211 days left", logger="as2"))

    # ---- warehouse
    @wms.consumer("pick.wanted", concurrency=9)
    async def pick(c, m):
        b = m.body
        t = f"T{c.rng.randrange(10 ** 5, 10 ** 6)}"
        c.log.info("pick_task_created", logger="wms.pick", task=t, sales_order=b["order"], positions=len(b["lines"]), incoming=True)
        for sku, q in b["lines"]:
            async with c.span("walk and scan") as s:
                await s.work(260, 0.5)
                s.log.debug("scanned", logger="wms.scanner", task=t, ean=sku, qty=q)
        async with c.span("pack") as s:
            await s.work(180)
        await c.work(5)
        o = w.orders.get(b["order"])
        if o and o["state"] == "cancelled":
            c.log.warning("order_cancelled_while_picking", logger="wms.pick", task=t, sales_order=b["order"])
            return
        async with c.producer("parcel.packed") as p:
            await p.send({"order": b["order"], "garage": b["garage"], "task": t})
            p.log.info("packed", logger="wms.pack", task=t, seconds=round(c.elapsed_ms() / 1000, 2))

    @wms.consumer("asn.received")
    async def dock(c, m):
        b = m.body
        await c.work(900, 0.5)
        c.log.info("dock_unload", logger="wms.dock", asn=b["asn"], purchase_order=b["po"], incoming=True)
        for it in w.pos[b["po"]]["items"]:
            async with c.producer("goods.received") as p:
                await p.send({"po": b["po"], "sku": it["sku"], "qty": it["qty"], "bo": it["bo"]})
                p.log.info("goods_receipt", logger="wms.dock", ean=it["sku"], qty=it["qty"], po=b["po"])
    wms.noise(4, lambda l: l.debug("forklift_ping", logger="wms.rf", truck=w.rng.randrange(1, 9)))

    # ---- shipping
    @ship.consumer("parcel.packed", retries=1, retry_ms=400)
    async def label(c, m):
        b = m.body
        await c.work(4)
        carrier = c.rng.choice(["nightstar", "gls", "tof"])
        async with c.span("POST carrier label", "CLIENT") as s:
            await s.work(160, 0.5)
            if m.attempt == 1 and s.rng.random() < 0.07:
                s.log.warning("carrier timeout", carrier=carrier, task=b["task"])
                raise Exception("timeout")
            s.log.debug("POST /v1/labels 201", carrier=carrier, ms=round(s.elapsed_ms()))
        parcel = f"{c.rng.randrange(10 ** 11, 10 ** 12)}"
        c.log.info(f"label printed for {b['order']}", parcel=parcel, carrier=carrier, pick={"task": b["task"]}, incoming=True)
        async with c.producer("parcel.shipped") as p:
            await p.send({"order": b["order"], "parcel": parcel, "garage": b["garage"]})
            p.log.debug("parcel.shipped published", parcel=parcel)
    ship.noise(9, lambda l: l.info("cutoff for gls is 18:30"))

    # ---- notifications
    async def mail(c, garage, tpl, **f):
        async with c.span("smtp", "CLIENT") as s:
            await s.work(70)
            s.log.info(f"Mail [{tpl}] to {garage} queued", **f)

    @tell.consumer("customer.tell")
    async def any_mail(c, m):
        await c.work(3)
        await mail(c, m.body["garage"], m.body["tpl"], ref=m.body["ref"])

    @tell.consumer("parcel.shipped")
    async def on_the_way(c, m):
        c.log.debug("Processing: App\\Jobs\\ParcelShipped", jobId=m.id, incoming=True)
        await c.work(5)
        await mail(c, m.body["garage"], "shipped", tracking=m.body["parcel"])
        c.log.debug("Processed: App\\Jobs\\ParcelShipped", jobId=m.id)

    @tell.consumer("order.cancelled")
    async def sorry(c, m):
        await c.work(30)
        c.log.info("Mail [cancelled] queued", order=m.body["order"], incoming=True)

    @tell.consumer("purchase.failed")
    async def buyers(c, m):
        await c.work(8)
        c.log.warn(f"Told buyers about {m.body['po']}", garages=m.body["garages"], incoming=True)
    tell.noise(7, lambda l: l.debug("queue:work memory 42MB"))


BRANDS = ["BO", "VA", "LU", "SK", "HE"]
def sku_no(r, brand=None): return f"{brand or r.choice(BRANDS)}{r.randrange(10 ** 4, 10 ** 5)}.{r.randrange(10, 99)}"


async def load(w):
    r = w.rng
    told = set()

    async def suppliers():
        while not w.closing:
            await sleep(900)
            for po in [p for p in w.pos if p not in told]:
                told.add(po)
                w._spawn(deliver(po))

    async def deliver(po):
        await sleep(r.uniform(1500, 4500))
        await w.start("shop-gw", "POST /edi/despatch", {"po": po, "n": len(w.pos[po]["items"])})
    task = w.loop.create_task(suppliers())

    async def one(i):
        if i % 14 == 6: return await w.start("shop-gw", "POST /edi/pricat", {"brand": r.choice(BRANDS), "rows": r.randrange(3, 7)})
        g = f"G{r.randrange(10200, 10400)}"
        st, a = await w.start("shop-gw", "POST /orders", {"garage": g, "eur": r.randrange(20, 900), "lines": [(sku_no(r), r.randrange(1, 5)) for _ in range(r.choice([1, 1, 2, 3]))]})
        if st != 201: return
        await sleep(r.uniform(300, 3000))
        if i % 4 == 1: await w.start("shop-gw", "GET /orders/" + a["order"])
        if i % 8 == 3: await w.start("shop-gw", "DELETE /orders/" + a["order"])
        mine = [x for x in w.bos.values() if x["order"] == a["order"]]
        if mine and i % 2: await w.start("shop-gw", "GET /backorders/" + mine[0]["bo"])
        if mine and i % 5 == 2:
            await sleep(r.uniform(500, 4000))
            await w.start("shop-gw", "DELETE /backorders/" + mine[0]["bo"])
    await arrivals(w, 90, 2.2, one)
    await sleep(11000)
    task.cancel()

record(build, load, "j_parts")
