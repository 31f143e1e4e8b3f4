// Forms with files, byte by byte, and pictures to put into them.

import { crc32, deflateSync } from 'node:zlib'

const BOUNDARY = '----WebKitFormBoundaryA1b2C3d4'
export const FORM = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, accept: 'application/graphql-response+json' }

/** One part of a form; with `file` it is a file of that name. */
export function part(name, content, file) {
  const named = file ? `; filename="${file}"\r\nContent-Type: image/jpeg` : ''
  return Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${named}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')])
}

/** A form of parts. */
export const form = (...parts) => Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)])

export const UPLOAD = 'mutation ($input: UploadMediaInput!) { uploadMedia(input: $input) { id mediaType width height url } }'
/** The request that a file belongs into. */
export const operations = (query = UPLOAD) => part('operations', JSON.stringify({ query, variables: { input: { file: null } } }))
/** Where it belongs. */
export const map = (place = 'variables.input.file') => part('map', JSON.stringify({ file: [place] }))
export const file = bytes => part('file', bytes, 'IMG_0001.jpg')

function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name), content])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** A PNG that declares `width` by `height` pixels; it has them when they are few. */
export function png(width, height, shade = 90) {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(3 * Math.min(width, 4_096), shade)])
  const pixels = Buffer.concat(Array.from({ length: Math.min(height, 4_096) }, () => row))
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))])
}
