// Hypercore over one TCP connection on loopback, as its README does it.
//   node peer.mjs serve DIR PORT ENTRIES BYTES    appends, then serves; prints "ready"
//   node peer.mjs fetch DIR PORT ENTRIES KEYHEX   downloads all; prints {"seconds": …}
import Hypercore from 'hypercore'
import net from 'net'
import fs from 'fs'

const [, , role, dir, port, entries, last] = process.argv
const count = Number(entries)

function entry (i, bytes) {
  const block = Buffer.alloc(bytes)
  block.write(`entry ${i} `)
  for (let at = 20; at < bytes; at++) block[at] = (i * 31 + at * 7) & 255
  return block
}

if (role === 'serve') {
  const core = new Hypercore(dir)
  await core.ready()
  for (let at = core.length; at < count; at += 1000) {
    const batch = []
    for (let i = at; i < Math.min(at + 1000, count); i++) batch.push(entry(i, Number(last)))
    await core.append(batch)
  }
  fs.writeFileSync(`${dir}.key`, core.key.toString('hex'))
  net.createServer((socket) => {
    const stream = core.replicate(false)
    socket.on('error', () => {})
    stream.on('error', () => {})
    socket.pipe(stream).pipe(socket)
  }).listen(Number(port), '127.0.0.1', () => console.log('ready'))
} else {
  const core = new Hypercore(dir, Buffer.from(last, 'hex'))
  await core.ready()
  const began = process.hrtime.bigint()
  const socket = net.connect(Number(port), '127.0.0.1')
  const stream = core.replicate(true)
  socket.on('error', () => {})
  stream.on('error', () => {})
  socket.pipe(stream).pipe(socket)
  await core.update({ wait: true })
  await core.download({ start: 0, end: count }).done()
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  if (core.contiguousLength !== count) throw new Error(`only ${core.contiguousLength} entries`)
  await core.close()
  console.log(JSON.stringify({ seconds }))
  process.exit(0)
}
