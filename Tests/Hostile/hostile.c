/* The module of hostile.proto. Its manifest is in manifest.S. */
#include <stdlib.h>
#include <string.h>

#include "remit_plugin.h"

extern const uint8_t manifest[], manifest_end[];

typedef struct { uint8_t *data; size_t size; } buffer;

typedef struct {
  remit_call call;
  buffer script;
  size_t at;
  buffer outcome;
} job;

static const remit_host_v1 *host;

static void append(buffer *to, const void *data, size_t size) {
  to->data = realloc(to->data, to->size + size + 1);
  if (size) memcpy(to->data + to->size, data, size);
  to->size += size;
}

static remit_bytes bytes(buffer b) { return (remit_bytes){b.data, b.size}; }

static void append_varint(buffer *to, uint64_t value) {
  do {
    uint8_t byte = (value & 0x7F) | (value > 0x7F ? 0x80 : 0);
    append(to, &byte, 1);
  } while (value >>= 7);
}

static void record(job *job, remit_status status, remit_bytes body) {
  uint8_t code[4] = {status >> 24, status >> 16, status >> 8, status};
  append_varint(&job->outcome, 1 << 3 | 2);
  append_varint(&job->outcome, 4 + body.size);
  append(&job->outcome, code, 4);
  append(&job->outcome, body.data, body.size);
}

static void go_on(job *job);

static void answered(void *ctx, remit_status status, remit_bytes body) {
  record(ctx, status, body);
  go_on(ctx);
}

static void discard(job *job) {
  free(job->script.data);
  free(job->outcome.data);
  free(job);
}

static void go_on(job *job) {
  while (job->at < job->script.size) {
    /* The script is well-formed: a tag of one byte and a length. */
    uint64_t length = 0;
    int shift = 0;
    for (job->at++; job->script.data[job->at] & 0x80; shift += 7) length |= (uint64_t)(job->script.data[job->at++] & 0x7F) << shift;
    length |= (uint64_t)job->script.data[job->at++] << shift;
    const uint8_t *step = job->script.data + job->at;
    remit_bytes rest = {step + 1, length - 1};
    job->at += length;
    remit_call other = 0;
    switch (step[0]) {
    case 'x': return host->execute(host->host, job->call, rest, answered, job);
    case 'f':
      for (int i = 0; i < 8; i++) other = other << 8 | rest.data[i];
      return host->execute(host->host, other, (remit_bytes){rest.data + 8, rest.size - 8}, answered, job);
    case 'i': return host->invoke(host->host, job->call, rest, answered, job);
    case 's': return host->send(host->host, job->call, rest, answered, job);
    case 'l': host->log(host->host, job->call, 3, rest); break;
    case 'r':
      host->reply(host->host, job->call, 0, rest);
      host->reply(host->host, job->call, 0, (remit_bytes){(const uint8_t *)"\x0a\x01!", 3});
      break;
    case 'k': record(job, 0, (remit_bytes){(const uint8_t *)&job->call, 8}); break;
    case 'h': return discard(job);
    }
  }
  host->reply(host->host, job->call, 0, bytes(job->outcome));
  discard(job);
}

static void start(void *plugin, remit_bytes settings, remit_done done, void *ctx) {
  (void)plugin, (void)settings;
  done(ctx, 0, (remit_bytes){0, 0});
}

static void invoke(void *plugin, remit_call call, remit_bytes context, remit_bytes request) {
  (void)plugin, (void)context;
  job *job = calloc(1, sizeof *job);
  job->call = call;
  append(&job->script, request.data, request.size);
  go_on(job);
}

static void cancel(void *plugin, remit_call call) { (void)plugin, (void)call; }

static void stop(void *plugin, remit_done done, void *ctx) {
  (void)plugin;
  done(ctx, 0, (remit_bytes){0, 0});
}

const remit_plugin_v1 *remit_plugin_main_v1(const remit_host_v1 *h) {
  static remit_plugin_v1 plugin = {sizeof plugin, REMIT_ABI_V1, 0, {0, 0}, start, invoke, cancel, stop};
  host = h;
  plugin.manifest = (remit_bytes){manifest, (size_t)(manifest_end - manifest)};
  return &plugin;
}
