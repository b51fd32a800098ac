"""A small crypto exchange lets money out: withdrawals are asked for, confirmed by a mailed code, weighed by a risk engine, now and then looked
at by a person, signed by two of three keys, sent to a chain node and watched until confirmed; deposits come in; hot wallets are filled up."""
import json
from world import *


def ms(r): return "%03d" % (r.time.microsecond // 1000)

def nginx(r):         # gate: nginx with its own log_format, ms in the time, durations in seconds
    f = r.fields
    if "path" not in f: return f"{r.time:%Y/%m/%d %H:%M:%S} [{r.level.lower()}] {r.pid}#{r.pid}: {r.message}"
    s = f"{f['ip']} [{r.time:%d/%b/%Y:%H:%M:%S} +0000] \"{f['verb']} {f['path']} HTTP/1.1\" {f['st']} {f['size']} rt={f['t']:.3f} uct=0.001 urt={f['t']:.3f} rid={f['rid']}"
    if r.trace_id: s += f" trace={r.trace_id}/{r.span_id}"
    return s + (f" tp={r.incoming}" if r.incoming else "")

def nest(r):          # withdrawals: NestJS with the json console of v11
    lv = {"INFO": "log", "WARN": "warn", "ERROR": "error", "DEBUG": "debug"}[r.level]
    d = {"level": lv, "pid": r.pid, "timestamp": r.ns // 1_000_000, "message": r.message, "context": r.logger}
    if r.fields: d["params"] = dict(r.fields)
    if r.trace_id: d |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming: d["traceparent"] = r.incoming
    return json.dumps(d, separators=(",", ":"))

def boot(r):          # ledger: Spring Boot, default line, no application name
    corr = f"[{r.trace_id}-{r.span_id}] " if r.trace_id else ""
    th = r.thread if isinstance(r.thread, str) else f"nio-8080-exec-{r.thread}"
    msg = r.message if not r.incoming_parent else f"{r.message} (parent {r.incoming_parent})"
    return f"{isoz(r)} {r.level:>5} {r.pid} --- [{th[-15:]:>15}] {corr}{r.logger[-40:]:<40} : {msg}"

def flask(r):         # risk: Flask dev server's werkzeug lines next to app.logger's default
    ids = f" trace_id={r.trace_id} span_id={r.span_id}" if r.trace_id else ""
    if r.incoming: ids += f" traceparent={r.incoming}"
    if r.logger == "werkzeug": return f"{r.fields['ip']} - - [{r.time:%d/%b/%Y %H:%M:%S}] {r.message}{ids}"
    return f"[{r.time:%Y-%m-%d %H:%M:%S},{ms(r)}] {r.level.replace('WARN', 'WARNING')} in {r.logger}: {r.message}{ids}"

def rustjson(r):      # signer: tracing-subscriber json
    d = {"timestamp": isoz(r, 6), "level": r.level, "fields": {"message": r.message} | r.fields, "target": r.logger}
    if r.trace_id: d["span"] = {"name": "sign", "trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["span"]["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def envlog(r):        # cosigner: Rust env_logger
    ids = f" <{r.trace_id}:{r.span_id}>" if r.trace_id else ""
    if r.incoming_parent: ids += f" <<{r.incoming_parent}>"
    return f"[{isoz(r, 6)} {r.level:<5} {r.logger}]{ids} {r.message}"

def geth(r):          # chain-eth: go-ethereum's terminal format, with a year that ours added
    f = "".join(f" {k}={json.dumps(v) if isinstance(v, str) and ' ' in v else v}" for k, v in r.fields.items())
    if r.trace_id: f += f" trace={r.trace_id} span={r.span_id}"
    if r.incoming: f += f" traceparent={r.incoming}"
    return f"{r.level:<5}[{r.time:%Y-%m-%d|%H:%M:%S}.{ms(r)}] {r.message:<40}{f}"

def zapjson(r):       # chain-btc: zap production, ISO time
    d = {"level": r.level.lower(), "ts": isoz(r), "logger": "btc", "caller": r.logger, "msg": r.message} | r.fields
    if r.trace_id: d |= {"traceID": r.trace_id, "spanID": r.span_id}
    if r.incoming_parent: d["parentSpanID"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))

def django(r):        # desk: Django admin for the people who review
    ids = f" [t:{r.trace_id} s:{r.span_id}]" if r.trace_id else ""
    if r.incoming: ids += f" [tp:{r.incoming}]"
    return f"{r.level.replace('WARN', 'WARNING')} {r.time:%Y-%m-%d %H:%M:%S},{ms(r)} {r.logger}{ids} {r.message}"

def sidekiqjson(r):   # mails: Sidekiq JSON
    d = {"ts": isoz(r), "pid": r.pid, "tid": format((r.thread if isinstance(r.thread, int) else 1) * 51199, "x"), "lvl": r.level, "msg": r.message, "ctx": dict(r.fields)}
    if r.trace_id: d["ctx"] |= {"trace_id": r.trace_id, "span_id": r.span_id}
    if r.incoming_parent: d["ctx"]["parent_id"] = r.incoming_parent
    return json.dumps(d, separators=(",", ":"))


def build(w):
    w.network_ms, w.broker_ms = 1.2, 8
    w.wd, w.codes, w.review = {}, {}, []
    n = {"wd": 0, "hold": 880100, "nonce": 4410, "case": 300, "blk": 21_400_000, "sweep": 40}
    hx = lambda k: f"{w.rng.getrandbits(4 * k):0{k}x}"
    uuid = lambda: f"{hx(8)}-{hx(4)}-4{hx(3)}-8{hx(3)}-{hx(12)}"

    gate = w.service("gate", nginx)
    wd = w.service("withdrawals", nest, errors=lambda c, e: c.log.error(f"{e}", logger="RpcExceptionsHandler", stack=f"Error: {e}\n    at /app/dist/main.js:1:9912"))
    led = w.service("ledger", boot, errors=lambda c, e: c.log.error(f"Exception processing message\norg.springframework.messaging.MessageHandlingException: {e}\n\tat exch.ledger.Listeners.on(Listeners.java:91)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)", logger="o.s.integration.handler.LoggingHandler", thread="ledger-1"))
    risk = w.service("risk", flask, errors=lambda c, e: c.log.error(f"Exception on consumer\nTraceback (most recent call last):\n  File \"/app/worker.py\", line 19, in on_message\n    score(body)\nValueError: {e}", logger="worker"))
    sign = w.service("signer", rustjson, errors=lambda c, e: c.log.error("task failed", logger="signer::queue", error=str(e)))
    cos = w.service("cosigner", envlog)
    eth = w.service("chain-eth", geth, errors=lambda c, e: c.log.error("Message handler failed", err=str(e)))
    btc = w.service("chain-btc", zapjson, errors=lambda c, e: c.log.error("handler", logger="bus/sub.go:70", error=str(e)))
    desk = w.service("desk", django, errors=lambda c, e: c.log.error(f"task failed: {e!r}", logger="desk.tasks"))
    mails = w.service("mails", sidekiqjson, errors=lambda c, e: c.log.error(f"{e}", **{"class": "CodeMailJob"}))

    # ------------------------------------------------------------ gate
    @gate.http("ANY *")
    async def proxy(c, b):
        verb, path = b["_route"].split(" ")
        rid = hx(32)
        to = {"withdrawals": "withdrawals", "cases": "desk", "balances": "ledger"}[path.split("/")[2]]
        st, a = await c.call(to, f"{verb} {path[3:]}", {k: v for k, v in b.items() if k[0] != "_"}, client_span=False, rid=rid)
        c.log.info("", verb=verb, path=path, ip=f"91.{c.rng.randrange(99)}.7.{c.rng.randrange(250)}", st=st, size=c.rng.randrange(40, 700), t=c.elapsed_ms() / 1000, rid=rid, incoming=True)
        return st, a
    gate.noise(5, lambda log: log.warning("*113 upstream sent no valid HTTP/1.0 header while reading response header from upstream" if w.rng.random() < 0.2 else "*98 a client request body is buffered to a temporary file /var/cache/nginx/client_temp/01"))

    # ------------------------------------------------------------ withdrawals (NestJS)
    async def pg(c, name, q, t=4):
        async with c.span(name, "CLIENT") as s:
            await s.work(t)
            s.log.debug(f"query: {q}", logger="TypeORM")

    @wd.http("POST /withdrawals")
    async def ask(c, b):
        n["wd"] += 1
        i = uuid()
        c.log.info(f"POST /withdrawals {b['amount']} {b['asset']} by {b['account']}", logger="LoggingInterceptor", reqId=b["_headers"]["rid"], incoming=True)
        async with c.client("ledger", "POST /holds") as k:
            st, h = await k.send({"account": b["account"], "asset": b["asset"], "amount": b["amount"], "ref": i})
            if st != 201: k.log.warning(f"hold refused with {st}", logger="LedgerClient", withdrawal=i)
        if st != 201: return 402, {}
        await pg(c, "INSERT withdrawal", f"INSERT INTO \"withdrawal\"(\"id\", \"account\", \"asset\", \"amount\", \"state\") VALUES ('{i}', '{b['account']}', '{b['asset']}', {b['amount']}, 'NEW')")
        w.wd[i] = {"id": i, "account": b["account"], "asset": b["asset"], "amount": b["amount"], "to": b["to"], "hold": h["hold"], "state": "NEW"}
        w.codes[i] = f"{c.rng.randrange(10 ** 6):06d}"
        async with c.producer("code.wanted") as p:
            await p.send({"id": i, "account": b["account"], "code": w.codes[i]})
        c.log.info("withdrawal created", logger="WithdrawalsService", id=i, hold=h["hold"])
        return 201, {"id": i}

    @wd.http("POST /withdrawals/{id}/confirm")
    async def confirm(c, b):
        i = b["_route"].split("/")[2]
        x = w.wd[i]
        if b["code"] != w.codes[i]:
            c.log.warning("wrong code", logger="WithdrawalsController", id=i, reqId=b["_headers"]["rid"], incoming=True)
            return 422, {}
        x["state"] = "CONFIRMED"
        await pg(c, "UPDATE withdrawal", f"UPDATE \"withdrawal\" SET \"state\" = 'CONFIRMED' WHERE \"id\" = '{i}'")
        async with c.producer("withdrawal.confirmed") as p:
            m = await p.send(dict(x))
            p.log.debug("emit withdrawal.confirmed", logger="Bus", id=i, messageId=m)
        c.log.info(f"confirmed +{c.elapsed_ms():.0f}ms", logger="WithdrawalsController", id=i, incoming=True)
        return 202, {}

    @wd.http("DELETE /withdrawals/{id}")
    async def cancel(c, b):
        x = w.wd[b["_route"].split("/")[2]]
        if x["state"] != "NEW":
            c.log.info("too late to cancel", logger="WithdrawalsController", id=x["id"], state=x["state"], incoming=True)
            return 409, {}
        x["state"] = "CANCELLED"
        await pg(c, "UPDATE withdrawal", f"UPDATE \"withdrawal\" SET \"state\" = 'CANCELLED' WHERE \"id\" = '{x['id']}'")
        await c.publish("withdrawal.ended", {"id": x["id"], "hold": x["hold"], "account": x["account"], "how": "cancelled"})
        return 200, {}

    @wd.http("GET /withdrawals/{id}")
    async def look(c, b):
        i = b["_route"].split("/")[2]
        await pg(c, "SELECT withdrawal", f"SELECT \"w\".\"id\", \"w\".\"state\", \"w\".\"txid\" FROM \"withdrawal\" \"w\" WHERE \"w\".\"id\" = '{i}' LIMIT 1", 2)
        return 200, {"state": w.wd[i]["state"]}

    @wd.consumer("risk.decided")
    async def decided(c, m):
        x = w.wd[m.body["id"]]
        v = m.body["verdict"]
        c.log.info(f"risk verdict {v}", logger="RiskListener", id=x["id"], score=m.body["score"], incoming=True)
        x["state"] = {"pass": "APPROVED", "review": "REVIEW", "deny": "DENIED"}[v]
        await pg(c, "UPDATE withdrawal", f"UPDATE \"withdrawal\" SET \"state\" = '{x['state']}' WHERE \"id\" = '{x['id']}'")
        if v == "pass": await c.publish("sign.wanted", dict(x))
        elif v == "review": await c.publish("review.wanted", dict(x, score=m.body["score"]))
        else: await c.publish("withdrawal.ended", {"id": x["id"], "hold": x["hold"], "account": x["account"], "how": "denied"})

    @wd.consumer("case.closed")
    async def after_review(c, m):
        x = w.wd[m.body["id"]]
        x["state"] = "APPROVED" if m.body["ok"] else "DENIED"
        await pg(c, "UPDATE withdrawal", f"UPDATE \"withdrawal\" SET \"state\" = '{x['state']}' WHERE \"id\" = '{x['id']}'")
        c.log.info(f"case {m.body['case']} closed, {x['state']}", logger="ReviewListener", id=x["id"], incoming=True)
        if m.body["ok"]: await c.publish("sign.wanted", dict(x))
        else: await c.publish("withdrawal.ended", {"id": x["id"], "hold": x["hold"], "account": x["account"], "how": "denied"})

    @wd.consumer("tx.confirmed")
    async def done(c, m):
        if m.body["id"] not in w.wd: return
        x = w.wd[m.body["id"]]
        x["state"] = "DONE"
        await pg(c, "UPDATE withdrawal", f"UPDATE \"withdrawal\" SET \"state\" = 'DONE', \"txid\" = '{m.body['tx']}' WHERE \"id\" = '{x['id']}'")
        c.log.info("withdrawal done", logger="TxListener", id=x["id"], tx=m.body["tx"], incoming=True)
        async with c.producer("withdrawal.ended") as p:
            await p.send({"id": x["id"], "hold": x["hold"], "account": x["account"], "how": "done"})
            p.log.debug("emit withdrawal.ended", logger="Bus", id=x["id"])
    wd.noise(5, lambda log: log.debug("query: SELECT 1", logger="TypeORM"))

    # ------------------------------------------------------------ ledger (Spring Boot)
    JT = "o.s.jdbc.core.JdbcTemplate"

    async def jdbc(c, name, sql, thread=None):
        async with c.span(name, "CLIENT") as s:
            s.log.debug(f"Executing prepared SQL statement [{sql}]", logger=JT, thread=thread or f"nio-8080-exec-{c.thread}")
            await s.work(5)

    @led.http("POST /holds")
    async def hold(c, b):
        n["hold"] += 1
        await jdbc(c, "select balance", "select free from balance where account = ? and asset = ? for update")
        if c.rng.random() < 0.04:
            c.log.warning(f"Account {b['account']} lacks {b['asset']}", logger="exch.ledger.HoldService", incoming=True)
            return 409, {}
        await jdbc(c, "insert entries", "insert into entry (hold_id, account, asset, amount, kind) values (?, ?, ?, ?, 'HOLD')")
        c.log.info(f"Hold {n['hold']} of {b['amount']} {b['asset']} on {b['account']}", logger="exch.ledger.HoldService", incoming=True)
        return 201, {"hold": n["hold"]}

    @led.http("GET /balances/{account}")
    async def balances(c, b):
        await jdbc(c, "select balances", "select asset, free, held from balance where account = ?")
        return 200, {}

    @led.consumer("withdrawal.ended", retries=3, retry_ms=250)
    async def settle(c, m):
        x = m.body
        if c.rng.random() < 0.05 and m.attempt < 4:
            c.log.warning(f"Deadlock found when trying to get lock; hold {x['hold']}, attempt {m.attempt}", logger="exch.ledger.SettleListener", thread="ledger-1")
            raise Exception("deadlock")
        await jdbc(c, "insert entries", "insert into entry (hold_id, account, asset, amount, kind) values (?, ?, ?, ?, ?)", "ledger-1")
        c.log.info(f"Hold {x['hold']} {'settled' if x['how'] == 'done' else 'released'}", logger="exch.ledger.SettleListener", thread="ledger-1", incoming=True)

    @led.consumer("deposit.seen")
    async def credit(c, m):
        async with c.span("select address", "CLIENT") as s:
            await s.work(2)
        await jdbc(c, "insert entries", "insert into entry (account, asset, amount, kind) values (?, ?, ?, 'DEPOSIT')", "ledger-1")
        c.log.info(f"Credited {m.body['amount']} {m.body['asset']} to {m.body['account']} (tx {m.body['tx'][:12]})", logger="exch.ledger.DepositListener", thread="ledger-1", incoming=True)
        async with c.producer("deposit.credited") as p:
            await p.send(m.body)
    led.noise(6, lambda log: log.debug("HikariPool-1 - Pool stats (total=10, active=1, idle=9, waiting=0)", logger="com.zaxxer.hikari.pool.HikariPool", thread="l-1 housekeeper"))

    # ------------------------------------------------------------ risk (Flask and a worker)
    @risk.consumer("withdrawal.confirmed", concurrency=10)
    async def score(c, m):
        x = m.body
        c.log.info(f"scoring {x['id'][:8]} {x['amount']} {x['asset']} -> {x['to'][:10]}", logger="worker", incoming=True)

        async def velocity():
            async with c.span("SELECT history", "CLIENT") as s:
                await s.work(9)
                s.log.debug(f"velocity {x['account']}: {c.rng.randrange(9)} in 24h", logger="features")

        async def analytics():
            async with c.span("GET chainwatch.test/address", "CLIENT") as s:
                await s.work(260)
                if c.rng.random() < 0.08:
                    s.log.warning("chainwatch slow, 2nd try", logger="chainwatch")
                    await s.work(200)
                s.log.info(f"chainwatch {x['to'][:10]}: {'clean' if c.rng.random() < 0.9 else 'mixer exposure'}", logger="chainwatch")

        async def device():
            async with c.span("redis GET device", "CLIENT") as s:
                await s.work(1)
        await asyncio.gather(velocity(), analytics(), device())
        p = c.rng.random()
        v = "pass" if p < 0.76 else "review" if p < 0.93 else "deny"
        sc = c.rng.randrange(0, 40) if v == "pass" else c.rng.randrange(60, 99)
        async with c.producer("risk.decided") as q:
            await q.send({"id": x["id"], "verdict": v, "score": sc})
            q.log.info(f"{x['id'][:8]}: {v} ({sc})", logger="worker")

    @risk.http("POST /screen")
    async def screen(c, b):
        await c.work(30)
        c.log.info('"POST /screen HTTP/1.1" 200 -', logger="werkzeug", ip="10.11.0.8", incoming=True)
        return 200, {"ok": True}
    risk.noise(5, lambda log: log.info('"GET /health HTTP/1.1" 200 -', logger="werkzeug", ip="10.11.0.1"))

    # ------------------------------------------------------------ signer and cosigner (Rust): two of three
    @sign.consumer("sign.wanted", retries=2, retry_ms=1200, concurrency=6)
    async def signing(c, m):
        x = m.body
        sess = f"s-{hx(8)}"
        c.log.info("session opened", logger="signer::session", session=sess, withdrawal=x["id"], asset=x["asset"], attempt=m.attempt, incoming=True)
        async with c.span("build tx") as s:
            await s.work(12)
            s.log.debug("unsigned tx built", logger="signer::build", session=sess, bytes=c.rng.randrange(180, 420))

        async def share(k):
            async with c.client("cosigner", "POST /partial") as q:
                st, _ = await q.send({"session": sess, "key": k})
                if st != 200: q.log.warning("cosigner refused", logger="signer::mpc", session=sess, key=k, status=st)
                return st == 200
        got = await asyncio.gather(share("k1"), share("k2"))
        if not all(got):
            if not await share("k3"):
                c.log.error("no quorum", logger="signer::session", session=sess)
                if m.attempt < 3: raise Exception("quorum")
                return
        async with c.producer("tx.signed." + ("btc" if x["asset"] == "BTC" else "eth")) as p:
            await p.send({"id": x["id"], "session": sess, "asset": x["asset"], "amount": x["amount"], "to": x["to"]})
            p.log.info("signed", logger="signer::session", session=sess, elapsed_ms=int(c.elapsed_ms()))

    @cos.http("POST /partial")
    async def partial(c, b):
        async with c.span("hsm sign") as s:
            await s.work(75)
            s.log.debug(f"C_Sign slot={b['key'][1]} rv=CKR_OK {s.elapsed_ms():.1f}ms", logger="cosigner::hsm")
        ok = c.rng.random() > 0.05
        c.log("INFO" if ok else "WARN", f"partial {b['session']} {b['key']} {'given' if ok else 'refused: policy window'}", logger="cosigner::api", incoming=True)
        return (200 if ok else 423), {}
    cos.noise(5, lambda log: log.debug("hsm session keepalive", logger="cosigner::hsm"))

    # ------------------------------------------------------------ chains: send, then watch
    async def watch(c, say, body, tx, every, blocks):
        """a poller: one span a look; tells when it is deep enough"""
        for k in range(1, blocks + 1):
            await sleep(every * (0.7 + 0.6 * c.rng.random()))
            async with c.span("getTransaction", "CLIENT") as s:
                await s.work(6)
                say(s, k)
        async with c.producer("tx.confirmed") as p:
            await p.send({"id": body["id"], "tx": tx})
            say(p, 0)

    @eth.consumer("tx.signed.eth", retries=3, retry_ms=400)
    async def send_eth(c, m):
        b = m.body
        async with c.span("eth_sendRawTransaction", "CLIENT") as s:
            await s.work(45)
            if c.rng.random() < 0.07 and m.attempt < 4:
                s.log.warning("Transaction underpriced, bumping", ref=b["id"], attempt=m.attempt)
                raise Exception("underpriced")
        n["nonce"] += 1
        tx = "0x" + hx(40)
        c.log.info("Submitted transaction", hash=tx, nonce=n["nonce"], recipient=b["to"], value=b["amount"], ref=b["id"], incoming=True)

        def say(s, k):
            if k: s.log.debug("Confirmations", hash=tx[:10], depth=k)
            else: s.log.info("Transaction final", hash=tx, elapsed=f"{c.elapsed_ms() / 1000:.3f}s")
        c.spawn(watch(c, say, b, tx, 900, 3))

    @btc.consumer("tx.signed.btc", retries=3, retry_ms=500)
    async def send_btc(c, m):
        b = m.body
        tx = hx(40)
        c.log.info("broadcasting", logger="tx/send.go:41", withdrawal_id=b["id"], session=b["session"], incoming=True)
        async with c.span("sendrawtransaction", "CLIENT") as s:
            await s.work(70)
            s.log.debug("rpc", logger="rpc/client.go:88", method="sendrawtransaction", txid=tx, took=round(s.elapsed_ms() / 1000, 4))

        def say(s, k):
            if k == 0: s.log.info("confirmed", logger="watch/watch.go:97", txid=tx)
            elif k == 2: s.log.debug("in block", logger="watch/watch.go:63", txid=tx, height=n["blk"])
        c.spawn(watch(c, say, b, tx, 1900, 2))

    @eth.http("POST /blocks")
    async def block(c, b):
        n["blk"] += 1
        c.log.info("Imported new head", number=n["blk"], txs=c.rng.randrange(90, 220), ours=len(b["deposits"]), elapsed=f"{c.rng.uniform(8, 30):.3f}ms", incoming=True)
        for d in b["deposits"]:
            tx = "0x" + hx(40)
            async with c.client("risk", "POST /screen") as k:
                await k.send({"from": tx})
            async with c.producer("deposit.seen") as p:
                await p.send(dict(d, tx=tx, asset="ETH"))
                p.log.info("Deposit found", hash=tx, account=d["account"], value=d["amount"])
        return 200, {}
    eth.noise(3, lambda log: log.debug("Peer count", peers=w.rng.randrange(20, 50)))
    btc.noise(4, lambda log: log.debug("mempool", logger="rpc/client.go:88", txs=w.rng.randrange(9000, 40000)))

    # ------------------------------------------------------------ desk (Django)
    @desk.consumer("review.wanted")
    async def open_case(c, m):
        n["case"] += 1
        async with c.span("INSERT case", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"(0.00{c.rng.randrange(1, 9)}) INSERT INTO \"desk_case\" (\"withdrawal\", \"score\") VALUES ('{m.body['id']}', {m.body['score']}) RETURNING \"desk_case\".\"id\"", logger="django.db.backends")
        c.log.info(f"case #{n['case']} opened for {m.body['account']}, score {m.body['score']}", logger="desk.tasks", incoming=True)
        w.review.append((n["case"], m.body["id"]))

    @desk.http("POST /cases/{no}")
    async def close_case(c, b):
        no = b["_route"].split("/")[-1]
        async with c.span("UPDATE case", "CLIENT") as s:
            await s.work(4)
            s.log.debug(f"(0.00{c.rng.randrange(1, 9)}) UPDATE \"desk_case\" SET \"verdict\" = '{'ok' if b['ok'] else 'no'}' WHERE \"desk_case\".\"id\" = {no}", logger="django.db.backends")
        async with c.producer("case.closed") as p:
            await p.send({"case": int(no), "id": b["id"], "ok": b["ok"]})
        c.log.info(f'"POST /cases/{no} HTTP/1.0" 200 {c.rng.randrange(60, 200)}', logger="django.server", incoming=True)
        return 200, {}
    desk.noise(6, lambda log: log.debug("sessions cleared: 0", logger="desk.cron"))

    # ------------------------------------------------------------ treasury, a module of the ledger
    RJ = "exch.ledger.treasury.RefillJob"

    @led.consumer("tx.confirmed")
    async def book_hot(c, m):
        await jdbc(c, "update hot_wallet", "update hot_wallet set balance = balance - ? where id = ?", "ledger-2")
        if c.rng.random() < 0.6: c.log.info(f"Hot wallet charged for {m.body['tx'][:14]}", logger="exch.ledger.treasury.TxListener", thread="ledger-2", incoming=True)

    @led.every(8)
    async def refill_hot_wallets(c):
        n["sweep"] += 1
        c.log.info(f"Refill run {n['sweep']} starts", logger=RJ, thread="scheduling-1")
        for a in ("BTC", "ETH"):
            async with c.span("select hot_wallet", "CLIENT") as s:
                await s.work(3)
            low = c.rng.random() < 0.6
            c.log.info(f"{a}: {'low' if low else 'enough'}", logger=RJ, thread="scheduling-1")
            if low:
                async with c.producer("sign.wanted") as p:
                    await p.send({"id": f"RF-{n['sweep']}-{a}", "asset": a, "amount": 5, "to": "hot-" + a.lower()})
                    p.log.info(f"Refill RF-{n['sweep']}-{a} ordered", logger=RJ, thread="scheduling-1")

    # ------------------------------------------------------------ mails (Sidekiq)
    def job(topic, cls, text):
        @mails.consumer(topic, concurrency=5)
        async def perform(c, m):
            jid = hx(24)
            c.log.info("start", **{"class": cls, "jid": jid}, incoming=True)
            async with c.span("smtp", "CLIENT") as s:
                await s.work(80)
                if c.rng.random() < 0.7: s.log.debug(text.format(**m.body), **{"class": cls, "jid": jid})
            c.log.info("done", **{"class": cls, "jid": jid, "elapsed": round(c.elapsed_ms() / 1000, 3)})
    job("code.wanted", "CodeMailJob", "code mailed to {account} for {id}")
    job("withdrawal.ended", "OutcomeMailJob", "told {account}: {how}")
    job("deposit.credited", "DepositMailJob", "deposit mail for {account}")


async def load(w):
    r = w.rng

    async def client(i):
        acct = f"A-{r.randrange(100000, 999999)}"
        asset = r.choice(["BTC", "ETH", "ETH"])
        st, a = await w.start("gate", "POST /v1/withdrawals", {"account": acct, "asset": asset, "amount": round(r.uniform(0.01, 4), 4), "to": ("bc1q" if asset == "BTC" else "0x") + f"{r.getrandbits(128):032x}"[:24]})
        if st != 201: return
        await sleep(r.uniform(900, 3000))
        if i % 9 == 6:
            await w.start("gate", f"DELETE /v1/withdrawals/{a['id']}")
            return
        if i % 11 == 3: await w.start("gate", f"POST /v1/withdrawals/{a['id']}/confirm", {"code": "000000"})
        await w.start("gate", f"POST /v1/withdrawals/{a['id']}/confirm", {"code": w.codes[a["id"]]})
        await sleep(r.uniform(1500, 4000))
        if i % 4 == 0: await w.start("gate", f"GET /v1/withdrawals/{a['id']}")
        if i % 6 == 2: await w.start("gate", f"GET /v1/balances/{acct}")

    async def people():
        while True:
            await sleep(300)
            while w.review: w._spawn(decide(*w.review.pop(0)))

    async def decide(no, i):
        await sleep(r.uniform(1200, 5000))
        await w.start("gate", f"POST /v1/cases/{no}", {"id": i, "ok": r.random() < 0.7})

    async def heads():
        while True:
            await sleep(r.uniform(1800, 3600))
            await w.start("chain-eth", "POST /blocks", {"deposits": [{"account": f"A-{r.randrange(100000, 999999)}", "amount": round(r.uniform(0.1, 3), 3)} for _ in range(r.choice([0, 1, 1, 2]))]})

    back = [w.loop.create_task(people()), w.loop.create_task(heads())]
    await arrivals(w, 72, 2.1, client)
    await sleep(15000)
    for b in back: b.cancel()

record(build, load, "m_wallet")
