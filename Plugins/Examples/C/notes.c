/* The module of ../notes.proto in C11, on libprotobuf-c: the same as ../Swift, for the same conformance suite.
 *
 * A call is a `job`: what it was asked, and what it is to do when the host answers. Nothing blocks; each step ends by asking the host something, or by
 * `reply`. Bytes are borrowed only until a function returns, so a job unpacks its own copy. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "notes.pb-c.h"
#include "remit/ledger/v1/event.pb-c.h"
#include "remit/ledger/v1/posting.pb-c.h"
#include "remit/plugin/v1/plugin.pb-c.h"
#include "remit_plugin.h"

#define SERVICE "/remit.notes.v1.NotesService/"

/* Files that are in the library as they are. */
#define EMBED(name, file)                                                                                     \
  __asm__(".section .rodata\n" #name ":\n.incbin \"" file "\"\n" #name "_end:\n.byte 0\n.previous\n"); \
  extern const uint8_t name[], name##_end[]
EMBED(descriptors, "notes.binpb");
EMBED(migration_note, "0001_note.sql");
EMBED(migration_owed, "0002_owed.sql");

typedef Remit__Plugin__V1__Status Status;
typedef Remit__Plugin__V1__Statement Statement;
typedef Remit__Notes__V1__Note Note;
typedef Remit__Notes__V1__Text Text;
typedef Remit__Notes__V1__RelayRequest RelayRequest;

enum { CANCELLED = 1, INVALID_ARGUMENT = 3, ALREADY_EXISTS = 6, UNIMPLEMENTED = 12, INTERNAL = 13 };
enum { OID_TEXT = 25, OID_TIMESTAMPTZ = 1184, OID_UUID = 2950 };

typedef struct job {
  remit_call call;
  Remit__Plugin__V1__CallContext *context;
  ProtobufCMessage *request;
  char id[37];        /* of the note it writes */
  char *title;        /* of that note; not owned */
  const char *text;   /* of that note; not owned */
  char *words;        /* its title, where that is made here; owned */
  Google__Protobuf__Timestamp *remind_at; /* of that note; not owned, NULL: never */
  int32_t sent;       /* messages of a stream */
  Remit__Ledger__V1__Invoice *invoice; /* that the ledger posted; owned */
  char *refusal;      /* the reason of the module that was called; owned */
  struct job *next;   /* among those that wait */
} job;

static const remit_host_v1 *host;
static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;
static job *waiting;

/* ---- ending a call ------------------------------------------------------------------------------ */

static void discard(job *job) {
  protobuf_c_message_free_unpacked(&job->context->base, NULL);
  if (job->request) protobuf_c_message_free_unpacked(job->request, NULL);
  if (job->invoice) remit__ledger__v1__invoice__free_unpacked(job->invoice, NULL);
  free(job->refusal);
  free(job->words);
  free(job);
}

static remit_bytes pack(const ProtobufCMessage *message) {
  size_t size = protobuf_c_message_get_packed_size(message);
  uint8_t *data = malloc(size ? size : 1);
  protobuf_c_message_pack(message, data);
  return (remit_bytes){data, size};
}

static void answer(job *job, const ProtobufCMessage *message) {
  remit_bytes body = pack(message);
  host->reply(host->host, job->call, 0, body);
  free((void *)body.data);
  discard(job);
}

static void fail_with(job *job, Status *status) {
  remit_bytes body = pack(&status->base);
  host->reply(host->host, job->call, status->code, body);
  free((void *)body.data);
  discard(job);
}

/* `field` may be NULL. */
static void fail(job *job, int32_t code, const char *reason, const char *message, const char *field) {
  Status status = REMIT__PLUGIN__V1__STATUS__INIT;
  Remit__Plugin__V1__Violation violation = REMIT__PLUGIN__V1__VIOLATION__INIT, *violations[] = {&violation};
  status.code = code;
  status.reason = (char *)reason;
  status.message = (char *)message;
  violation.field = (char *)field;
  violation.message = (char *)message;
  status.violations = violations;
  status.n_violations = field != NULL;
  fail_with(job, &status);
}

/* What the host or another module refused goes on as it is, but for the constraints that this module has words for. */
static void forward(job *job, remit_status code, remit_bytes body) {
  Status *status = remit__plugin__v1__status__unpack(NULL, body.size, body.data);
  if (!status) {
    fail(job, code, "MALFORMED_STATUS", "an error came without a readable status", NULL);
    return;
  }
  for (size_t i = 0; i < status->n_metadata; i++) {
    if (strcmp(status->metadata[i]->key, "constraint") || strcmp(status->metadata[i]->value, "note_title")) continue;
    char message[900];
    snprintf(message, sizeof message, "there is a note %s already", job->title ? job->title : "of this title");
    remit__plugin__v1__status__free_unpacked(status, NULL);
    fail(job, ALREADY_EXISTS, "TITLE_TAKEN", message, "title");
    return;
  }
  status->code = code;
  fail_with(job, status);
  remit__plugin__v1__status__free_unpacked(status, NULL);
}

/* ---- the database ------------------------------------------------------------------------------- */

static uint8_t *put32(uint8_t *to, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = (uint8_t)(value >> shift);
  return to;
}

static uint8_t *put64(uint8_t *to, uint64_t value) { return put32(put32(to, (uint32_t)(value >> 32)), (uint32_t)value); }

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t size) {
  to = put32(to, (uint32_t)size);
  memcpy(to, bytes, size);
  return to + size;
}

static int64_t microseconds_since_2000(const Google__Protobuf__Timestamp *at) { return (at->seconds - 946684800) * 1000000 + at->nanos / 1000; }

/* A UUIDv7 (RFC 9562) with the time of the call. */
static void new_id(const Google__Protobuf__Timestamp *now, uint8_t id[16]) {
  uint64_t ms = (uint64_t)now->seconds * 1000 + (uint64_t)now->nanos / 1000000;
  if (getrandom(id, 16, 0) != 16) memset(id, 0, 16);
  for (int i = 0; i < 6; i++) id[i] = (uint8_t)(ms >> (40 - 8 * i));
  id[6] = (id[6] & 0x0f) | 0x70;
  id[8] = (id[8] & 0x3f) | 0x80;
}

static void id_text(const uint8_t id[16], char text[37]) {
  char *to = text;
  for (int i = 0; i < 16; i++) to += sprintf(to, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", id[i]);
}

/* The statement that writes the job's note; free its cells. */
static Statement insert_note(job *job) {
  static uint32_t types[] = {OID_UUID, OID_TEXT, OID_TEXT, OID_TEXT, OID_TIMESTAMPTZ};
  Statement statement = REMIT__PLUGIN__V1__STATEMENT__INIT;
  const char *by = job->context->principal->name;
  uint8_t id[16];
  new_id(job->context->now, id);
  id_text(id, job->id);
  statement.sql = "INSERT INTO notes.note (note_id, title, text, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5)";
  statement.types = types;
  statement.n_types = 5;
  uint8_t *cells = malloc(5 * 4 + 16 + strlen(job->title) + strlen(job->text) + strlen(by) + 8), *to = cells;
  to = put_bytes(to, id, 16);
  to = put_bytes(to, job->title, strlen(job->title));
  to = put_bytes(to, job->text, strlen(job->text));
  to = put_bytes(to, by, strlen(by));
  to = put64(put32(to, 8), (uint64_t)microseconds_since_2000(job->context->now));
  statement.cells.data = cells;
  statement.cells.len = (size_t)(to - cells);
  return statement;
}

static void execute(job *job, Remit__Plugin__V1__Batch *batch, remit_done done) {
  remit_bytes bytes = pack(&batch->base);
  host->execute(host->host, job->call, bytes, done, job);
  free((void *)bytes.data);
}

static void committed(void *ctx, remit_status status, remit_bytes body) {
  if (status) forward(ctx, status, body);
  else discard(ctx);  /* the reply went with the COMMIT */
}

/* Ends the call with its reply; the note too where `with_note`, which others are told, and which is the reply where there is no other. */
static void commit(job *job, int with_note, const ProtobufCMessage *message) {
  Remit__Plugin__V1__Event event = REMIT__PLUGIN__V1__EVENT__INIT, *events[] = {&event};
  Remit__Plugin__V1__Wakening wakening = REMIT__PLUGIN__V1__WAKENING__INIT, *wakes[] = {&wakening};
  Remit__Notes__V1__NoteAdded added = REMIT__NOTES__V1__NOTE_ADDED__INIT;
  remit_bytes payload = {NULL, 0};
  char key[101];
  Remit__Plugin__V1__Batch batch = REMIT__PLUGIN__V1__BATCH__INIT;
  Remit__Plugin__V1__Reply reply = REMIT__PLUGIN__V1__REPLY__INIT;
  Statement statement = REMIT__PLUGIN__V1__STATEMENT__INIT, *statements[] = {&statement};
  Note note = REMIT__NOTES__V1__NOTE__INIT;
  char resource[64] = "";
  if (with_note) {
    statement = insert_note(job);
    batch.statements = statements;
    batch.n_statements = 1;
    note.id = job->id;
    note.title = job->title;
    note.text = (char *)job->text;
    note.recorded_by = job->context->principal->name;
    note.recorded_at = job->context->now;
    if (!message) message = &note.base;
    snprintf(resource, sizeof resource, "note/%s", job->id);
    added.id = job->id;
    added.title = job->title;
    payload = pack(&added.base);
    event.type = "remit.notes.v1.NoteAdded";
    event.aggregate = resource;
    event.payload = (ProtobufCBinaryData){payload.size, (uint8_t *)payload.data};
    batch.events = events;
    batch.n_events = 1;
    if (job->remind_at) {
      snprintf(key, sizeof key, "%s", job->title);
      wakening.key = key;
      wakening.at = job->remind_at;
      batch.wakes = wakes;
      batch.n_wakes = 1;
    }
  }
  remit_bytes body = pack(message);
  reply.body = (ProtobufCBinaryData){body.size, (uint8_t *)body.data};
  batch.end = REMIT__PLUGIN__V1__BATCH__END__COMMIT;
  batch.reply = &reply;
  batch.resource = resource;
  execute(job, &batch, committed);
  free((void *)body.data);
  free((void *)payload.data);
  if (with_note) free(statement.cells.data);
}

static size_t characters(const char *text) {
  size_t count = 0;
  for (; *text; text++) count += (*text & 0xC0) != 0x80;
  return count;
}

static int has_title(job *job) {
  size_t count = characters(job->title);
  if (count >= 1 && count <= 200) return 1;
  fail(job, INVALID_ARGUMENT, "INVALID", "title must have 1 to 200 characters", "title");
  return 0;
}

/* ---- the methods -------------------------------------------------------------------------------- */

static void echo(job *job) { answer(job, job->request); }

static void invoke(job *job, const char *method, const ProtobufCBinaryData request, int apart, remit_done done);

static char small(char letter) { return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter; }

/* Whether a title has a word, whatever the size of its letters. */
static int has_word(const char *title, const char *word) {
  for (const char *at = title; *at;) {
    size_t length = strcspn(at, " "), i = 0;
    while (i < length && word[i] && small(at[i]) == word[i]) i++;
    if (i == length && !word[i] && length) return 1;
    at += length + strspn(at + length, " ");
  }
  return 0;
}

static int is_exempt(job *job, const Remit__Notes__V1__NoteRule *rule) {
  for (size_t i = 0; i < job->context->principal->n_roles; i++) {
    if (!strcmp(job->context->principal->roles[i], rule->exempt)) return 1;
  }
  return 0;
}

/* The company's note rules have come. */
static void ruled(void *ctx, remit_status status, remit_bytes body) {
  job *job = ctx;
  if (status) {
    forward(job, status, body);
    return;
  }
  Remit__Plugin__V1__GetDocumentsReply *reply = remit__plugin__v1__get_documents_reply__unpack(NULL, body.size, body.data);
  char *said = NULL;
  for (size_t i = 0; reply && !said && i < reply->n_documents; i++) {
    const ProtobufCBinaryData document = reply->documents[i]->body;
    Remit__Notes__V1__NoteRule *rule = remit__notes__v1__note_rule__unpack(NULL, document.len, document.data);
    for (size_t word = 0; rule && !said && !is_exempt(job, rule) && word < rule->n_forbidden; word++) {
      if (has_word(job->title, rule->forbidden[word])) said = strdup(rule->say);
    }
    if (rule) remit__notes__v1__note_rule__free_unpacked(rule, NULL);
  }
  if (reply) remit__plugin__v1__get_documents_reply__free_unpacked(reply, NULL);
  if (said) fail(job, INVALID_ARGUMENT, "INVALID", said, "title");
  else if (has_title(job)) commit(job, 1, NULL);
  free(said);
}

static void add_note(job *job) {
  Remit__Notes__V1__AddNoteRequest *request = (void *)job->request;
  Remit__Plugin__V1__GetDocuments rules = REMIT__PLUGIN__V1__GET_DOCUMENTS__INIT;
  job->title = request->title;
  job->text = request->text;
  job->remind_at = request->remind_at;
  rules.kind = "note_rule";
  remit_bytes bytes = pack(&rules.base);
  invoke(job, "/remit.platform.v1.AdmissionService/GetDocuments", (ProtobufCBinaryData){bytes.size, (uint8_t *)bytes.data}, 0, ruled);
  free((void *)bytes.data);
}

/* What is wrong with note rules that their fields alone do not show. */
static void check_documents(job *job) {
  enum { MOST = 100 };
  Remit__Plugin__V1__CheckDocuments *request = (void *)job->request;
  Remit__Plugin__V1__CheckDocumentsReply reply = REMIT__PLUGIN__V1__CHECK_DOCUMENTS_REPLY__INIT;
  Remit__Plugin__V1__DocumentFault faults[MOST], *pointers[MOST];
  char fields[MOST][32];
  reply.faults = pointers;
  for (size_t i = 0; i < request->n_documents; i++) {
    Remit__Plugin__V1__CompanyDocument *document = request->documents[i];
    Remit__Notes__V1__NoteRule *rule = remit__notes__v1__note_rule__unpack(NULL, document->body.len, document->body.data);
    for (size_t word = 0; rule && word < rule->n_forbidden && reply.n_faults < MOST; word++) {
      if (!strpbrk(rule->forbidden[word], " ABCDEFGHIJKLMNOPQRSTUVWXYZ")) continue;
      Remit__Plugin__V1__DocumentFault *fault = pointers[reply.n_faults] = &faults[reply.n_faults];
      remit__plugin__v1__document_fault__init(fault);
      fault->kind = document->kind;
      fault->name = document->name;
      fault->field = fields[reply.n_faults];
      snprintf(fields[reply.n_faults++], sizeof *fields, "forbidden[%zu]", word);
      fault->message = "is no word in small letters";
      fault->chinese = "应为小写的单词";
    }
    if (rule) remit__notes__v1__note_rule__free_unpacked(rule, NULL);
  }
  answer(job, &reply.base);
}

static Remit__Plugin__V1__DeliveryReply taken = REMIT__PLUGIN__V1__DELIVERY_REPLY__INIT;

/* A note with a title that is made here. */
static void note_of(job *job, const char *what, const char *name) {
  size_t size = strlen(what) + strlen(name) + 1;
  job->words = malloc(size);
  snprintf(job->words, size, "%s%s", what, name);
  job->title = job->words;
  job->text = "";
  if (has_title(job)) commit(job, 1, &taken.base);
}

static void remind(job *job) { note_of(job, "reminder of ", ((Remit__Plugin__V1__Wake *)job->request)->key); }

/* Adds to what a customer owes. */
static void add_owed(job *job, Remit__Ledger__V1__ItemChanged *item) {
  static uint32_t types[] = {OID_TEXT, OID_TEXT, OID_TEXT};
  Remit__Plugin__V1__Batch batch = REMIT__PLUGIN__V1__BATCH__INIT;
  Remit__Plugin__V1__Reply reply = REMIT__PLUGIN__V1__REPLY__INIT;
  Statement statement = REMIT__PLUGIN__V1__STATEMENT__INIT, *statements[] = {&statement};
  const char *cells[] = {item->customer_id, item->change->currency, item->change->amount};
  size_t size = 0;
  for (int i = 0; i < 3; i++) size += 4 + strlen(cells[i]);
  uint8_t *bytes = malloc(size), *to = bytes;
  for (int i = 0; i < 3; i++) to = put_bytes(to, cells[i], strlen(cells[i]));
  statement.sql =
      "INSERT INTO notes.owed AS o (customer_id, currency, amount) VALUES ($1::uuid, $2, $3) "
      "ON CONFLICT (tenant_id, customer_id, currency) DO UPDATE SET amount = (o.amount::numeric + excluded.amount::numeric)::text";
  statement.types = types;
  statement.n_types = 3;
  statement.cells = (ProtobufCBinaryData){size, bytes};
  batch.statements = statements;
  batch.n_statements = 1;
  batch.end = REMIT__PLUGIN__V1__BATCH__END__COMMIT;
  batch.reply = &reply;
  char resource[64];
  snprintf(resource, sizeof resource, "owed/%s", item->customer_id);
  batch.resource = resource;
  execute(job, &batch, committed);
  free(bytes);
}

static void take_event(job *job) {
  Remit__Plugin__V1__Event *event = ((Remit__Plugin__V1__Delivery *)job->request)->event;
  if (event && !strcmp(event->type, "remit.ledger.v1.CustomersMerged")) {
    Remit__Ledger__V1__CustomersMerged *merge = remit__ledger__v1__customers_merged__unpack(NULL, event->payload.len, event->payload.data);
    if (merge && !merge->undone) note_of(job, "merge of ", merge->from_id);
    else answer(job, &taken.base);
    if (merge) remit__ledger__v1__customers_merged__free_unpacked(merge, NULL);
  } else if (event && !strcmp(event->type, "remit.ledger.v1.ItemChanged")) {
    Remit__Ledger__V1__ItemChanged *item = remit__ledger__v1__item_changed__unpack(NULL, event->payload.len, event->payload.data);
    if (item && item->change) add_owed(job, item);
    else answer(job, &taken.base);
    if (item) remit__ledger__v1__item_changed__free_unpacked(item, NULL);
  } else {
    answer(job, &taken.base);
  }
}

static uint32_t get32(const uint8_t *from) { return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3]; }

static void listed(void *ctx, remit_status status, remit_bytes body) {
  job *job = ctx;
  if (status) {
    forward(job, status, body);
    return;
  }
  Remit__Plugin__V1__Results *results = remit__plugin__v1__results__unpack(NULL, body.size, body.data);
  if (!results || results->n_results != 1) {
    if (results) remit__plugin__v1__results__free_unpacked(results, NULL);
    fail(job, INTERNAL, "MALFORMED_RESULTS", "the host's answer to a batch cannot be read", NULL);
    return;
  }
  size_t count = results->results[0]->count;
  const uint8_t *cell = results->results[0]->cells.data;
  Remit__Notes__V1__ListNotesReply reply = REMIT__NOTES__V1__LIST_NOTES_REPLY__INIT;
  Note *notes = calloc(count + 1, sizeof *notes), **pointers = calloc(count + 1, sizeof *pointers);
  Google__Protobuf__Timestamp *times = calloc(count + 1, sizeof *times);
  for (size_t i = 0; i < count; i++) {
    char *texts[4];
    for (int column = 0; column < 4; column++) {
      uint32_t size = get32(cell);
      texts[column] = column == 0 ? malloc(37) : strndup((const char *)cell + 4, size);
      if (column == 0) id_text(cell + 4, texts[0]);
      cell += 4 + size;
    }
    int64_t us = (int64_t)((uint64_t)get32(cell + 4) << 32 | get32(cell + 8)) + 946684800LL * 1000000;
    cell += 12;
    google__protobuf__timestamp__init(&times[i]);
    times[i].seconds = us / 1000000;
    times[i].nanos = (int32_t)(us % 1000000) * 1000;
    remit__notes__v1__note__init(&notes[i]);
    notes[i].id = texts[0];
    notes[i].title = texts[1];
    notes[i].text = texts[2];
    notes[i].recorded_by = texts[3];
    notes[i].recorded_at = &times[i];
    pointers[i] = &notes[i];
  }
  reply.notes = pointers;
  reply.n_notes = count;
  answer(job, &reply.base);
  for (size_t i = 0; i < count; i++) {
    free(notes[i].id);
    free(notes[i].title);
    free(notes[i].text);
    free(notes[i].recorded_by);
  }
  free(notes);
  free(pointers);
  free(times);
  remit__plugin__v1__results__free_unpacked(results, NULL);
}

static void list_notes(job *job) {
  Remit__Plugin__V1__Batch batch = REMIT__PLUGIN__V1__BATCH__INIT;
  Statement statement = REMIT__PLUGIN__V1__STATEMENT__INIT, *statements[] = {&statement};
  statement.sql = "SELECT note_id, title, text, recorded_by, recorded_at FROM notes.note ORDER BY title LIMIT 1000";
  batch.statements = statements;
  batch.n_statements = 1;
  execute(job, &batch, listed);
}

static void owed_listed(void *ctx, remit_status status, remit_bytes body) {
  job *job = ctx;
  if (status) {
    forward(job, status, body);
    return;
  }
  Remit__Plugin__V1__Results *results = remit__plugin__v1__results__unpack(NULL, body.size, body.data);
  if (!results || results->n_results != 1) {
    if (results) remit__plugin__v1__results__free_unpacked(results, NULL);
    fail(job, INTERNAL, "MALFORMED_RESULTS", "the host's answer to a batch cannot be read", NULL);
    return;
  }
  size_t count = results->results[0]->count;
  const uint8_t *cell = results->results[0]->cells.data;
  Remit__Notes__V1__ListOwedReply reply = REMIT__NOTES__V1__LIST_OWED_REPLY__INIT;
  Remit__Notes__V1__Owed *owed = calloc(count + 1, sizeof *owed), **pointers = calloc(count + 1, sizeof *pointers);
  Remit__Type__V1__Money *amounts = calloc(count + 1, sizeof *amounts);
  for (size_t i = 0; i < count; i++) {
    char *texts[3];
    for (int column = 0; column < 3; column++) {
      uint32_t size = get32(cell);
      texts[column] = strndup((const char *)cell + 4, size);
      cell += 4 + size;
    }
    remit__type__v1__money__init(&amounts[i]);
    amounts[i].currency = texts[1];
    amounts[i].amount = texts[2];
    remit__notes__v1__owed__init(&owed[i]);
    owed[i].customer_number = texts[0];
    owed[i].amount = &amounts[i];
    pointers[i] = &owed[i];
  }
  reply.owed = pointers;
  reply.n_owed = count;
  answer(job, &reply.base);
  for (size_t i = 0; i < count; i++) {
    free(owed[i].customer_number);
    free(amounts[i].currency);
    free(amounts[i].amount);
  }
  free(owed);
  free(pointers);
  free(amounts);
  remit__plugin__v1__results__free_unpacked(results, NULL);
}

static void list_owed(job *job) {
  Remit__Plugin__V1__Batch batch = REMIT__PLUGIN__V1__BATCH__INIT;
  Statement statement = REMIT__PLUGIN__V1__STATEMENT__INIT, *statements[] = {&statement};
  statement.sql =
      "SELECT c.number, o.currency, o.amount FROM notes.owed o JOIN ledger.customer_v1 c USING (customer_id) ORDER BY c.number, o.currency LIMIT 1000";
  batch.statements = statements;
  batch.n_statements = 1;
  execute(job, &batch, owed_listed);
}

/* Sends the next message when there is room for it; the last is the reply. */
static void count_on(void *ctx, remit_status status, remit_bytes body) {
  job *job = ctx;
  Remit__Notes__V1__CountRequest *request = (void *)job->request;
  if (status) {
    forward(job, status, body);
    return;
  }
  Text text = REMIT__NOTES__V1__TEXT__INIT;
  text.text.data = calloc(1, 16 + (size_t)request->bytes);
  text.text.len = (size_t)sprintf((char *)text.text.data, "%d", ++job->sent) + (size_t)request->bytes;
  if (job->sent == request->count) {
    answer(job, &text.base);
  } else {
    remit_bytes message = pack(&text.base);
    host->send(host->host, job->call, message, count_on, job);
    free((void *)message.data);
  }
  free(text.text.data);
}

static void count(job *job) {
  Remit__Notes__V1__CountRequest *request = (void *)job->request;
  if (request->count < 1 || request->bytes < 0 || request->bytes > 1 << 20) {
    fail(job, INVALID_ARGUMENT, "INVALID", "count must be at least 1, and bytes at most 1048576", "count");
    return;
  }
  count_on(job, 0, (remit_bytes){NULL, 0});
}

static void invoke(job *job, const char *method, const ProtobufCBinaryData request, int apart, remit_done done) {
  Remit__Plugin__V1__Invoke invoke = REMIT__PLUGIN__V1__INVOKE__INIT;
  invoke.method = (char *)method;
  invoke.request = request;
  invoke.apart = apart;
  remit_bytes bytes = pack(&invoke.base);
  host->invoke(host->host, job->call, bytes, done, job);
  free((void *)bytes.data);
}

static void billed(void *ctx, remit_status status, remit_bytes body) {
  job *job = ctx;
  if (status) {
    forward(job, status, body);
    return;
  }
  job->invoice = remit__ledger__v1__invoice__unpack(NULL, body.size, body.data);
  job->title = job->invoice ? job->invoice->number : "";
  if (has_title(job)) commit(job, 1, NULL);
}

static void bill(job *job) {
  Remit__Notes__V1__BillRequest *request = (void *)job->request;
  Remit__Ledger__V1__PostInvoiceRequest post = REMIT__LEDGER__V1__POST_INVOICE_REQUEST__INIT;
  Remit__Ledger__V1__Invoice invoice = REMIT__LEDGER__V1__INVOICE__INIT;
  post.invoice = &invoice;
  invoice.customer_id = request->customer_id;
  invoice.number = request->number;
  invoice.amount = request->amount;
  invoice.issued_on = job->context->business_date;
  invoice.due_on = job->context->business_date;
  job->text = request->text;
  remit_bytes bytes = pack(&post.base);
  invoke(job, "/remit.ledger.v1.LedgerService/PostInvoice", (ProtobufCBinaryData){bytes.size, (uint8_t *)bytes.data}, 0, billed);
  free((void *)bytes.data);
}

static void relayed(void *ctx, remit_status status, remit_bytes body) {
  job *job = ctx;
  RelayRequest *request = (void *)job->request;
  Remit__Notes__V1__RelayReply reply = REMIT__NOTES__V1__RELAY_REPLY__INIT;
  if (status) {
    Status *refused = request->go_on ? remit__plugin__v1__status__unpack(NULL, body.size, body.data) : NULL;
    if (!refused) {
      forward(job, status, body);
      return;
    }
    job->refusal = strdup(refused->reason);
    reply.refusal = job->refusal;
    remit__plugin__v1__status__free_unpacked(refused, NULL);
  } else {
    reply.reply = (ProtobufCBinaryData){body.size, (uint8_t *)body.data};
  }
  if (strcmp(job->context->method, SERVICE "Peek") == 0) answer(job, &reply.base);
  else commit(job, 0, &reply.base);
}

static void peek(job *job) {
  RelayRequest *request = (void *)job->request;
  invoke(job, request->method, request->request, request->apart, relayed);
}

static void noted(void *ctx, remit_status status, remit_bytes body) {
  if (status) forward(ctx, status, body);
  else peek(ctx);
}

static void relay(job *job) {
  RelayRequest *request = (void *)job->request;
  if (!*request->title) {
    peek(job);
    return;
  }
  job->title = request->title;
  job->text = "";
  if (!has_title(job)) return;
  Remit__Plugin__V1__Batch batch = REMIT__PLUGIN__V1__BATCH__INIT;
  Statement statement = insert_note(job), *statements[] = {&statement};
  batch.statements = statements;
  batch.n_statements = 1;
  execute(job, &batch, noted);
  free(statement.cells.data);
}

static void fail_as_told(job *job) {
  Remit__Notes__V1__FailRequest *request = (void *)job->request;
  Status status = REMIT__PLUGIN__V1__STATUS__INIT;
  Remit__Plugin__V1__Violation violation = REMIT__PLUGIN__V1__VIOLATION__INIT, *violations[] = {&violation};
  status.code = request->code;
  status.reason = request->reason;
  status.message = request->message;
  status.retry_after_ms = request->retry_after_ms;
  violation.field = request->field;
  violation.message = request->message;
  status.violations = violations;
  status.n_violations = *request->field != 0;
  fail_with(job, &status);
}

/* Answers when it is cancelled: `cancel` below finds it. */
static void wait_for_cancel(job *job) {
  pthread_mutex_lock(&waiting_lock);
  job->next = waiting;
  waiting = job;
  pthread_mutex_unlock(&waiting_lock);
}

static const struct {
  const char *name;
  const ProtobufCMessageDescriptor *request;
  void (*run)(job *);
} methods[] = {
    {SERVICE "Echo", &remit__notes__v1__text__descriptor, echo},
    {SERVICE "AddNote", &remit__notes__v1__add_note_request__descriptor, add_note},
    {SERVICE "ListNotes", &remit__notes__v1__list_notes_request__descriptor, list_notes},
    {SERVICE "Count", &remit__notes__v1__count_request__descriptor, count},
    {SERVICE "Bill", &remit__notes__v1__bill_request__descriptor, bill},
    {SERVICE "Relay", &remit__notes__v1__relay_request__descriptor, relay},
    {SERVICE "Peek", &remit__notes__v1__relay_request__descriptor, peek},
    {SERVICE "Fail", &remit__notes__v1__fail_request__descriptor, fail_as_told},
    {SERVICE "Wait", &remit__notes__v1__text__descriptor, wait_for_cancel},
    {SERVICE "TakeEvent", &remit__plugin__v1__delivery__descriptor, take_event},
    {SERVICE "ListOwed", &remit__notes__v1__list_owed_request__descriptor, list_owed},
    {SERVICE "Remind", &remit__plugin__v1__wake__descriptor, remind},
    {SERVICE "CheckDocuments", &remit__plugin__v1__check_documents__descriptor, check_documents},
};

/* ---- what the host calls ------------------------------------------------------------------------ */

static void on_invoke(void *plugin, remit_call call, remit_bytes context, remit_bytes request) {
  (void)plugin;
  job *job = calloc(1, sizeof *job);
  job->call = call;
  job->context = remit__plugin__v1__call_context__unpack(NULL, context.size, context.data);
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (strcmp(methods[i].name, job->context->method)) continue;
    job->request = protobuf_c_message_unpack(methods[i].request, NULL, request.size, request.data);
    if (job->request) methods[i].run(job);
    else fail(job, INVALID_ARGUMENT, "MALFORMED_REQUEST", "the request is not the message of the method", NULL);
    return;
  }
  fail(job, UNIMPLEMENTED, "NO_METHOD", "this is not a method of this module", NULL);
}

static void on_cancel(void *plugin, remit_call call) {
  (void)plugin;
  job **link, *found = NULL;
  pthread_mutex_lock(&waiting_lock);
  for (link = &waiting; *link; link = &(*link)->next) {
    if ((*link)->call != call) continue;
    found = *link;
    *link = found->next;
    break;
  }
  pthread_mutex_unlock(&waiting_lock);
  if (found) fail(found, CANCELLED, "CANCELLED", "the call was cancelled", NULL);
}

typedef struct {
  remit_done done;
  void *ctx;
} completion;

static void *complete(void *argument) {
  completion *owed = argument;
  owed->done(owed->ctx, 0, (remit_bytes){NULL, 0});
  free(owed);
  return NULL;
}

/* A callback never runs on the stack of who asked for it. */
static void complete_elsewhere(remit_done done, void *ctx) {
  completion *owed = malloc(sizeof *owed);
  *owed = (completion){done, ctx};
  pthread_t thread;
  if (pthread_create(&thread, NULL, complete, owed)) complete(owed);
  else pthread_detach(thread);
}

static void on_start(void *plugin, remit_bytes start, remit_done done, void *ctx) {
  (void)plugin, (void)start;
  complete_elsewhere(done, ctx);
}

static void on_stop(void *plugin, remit_done done, void *ctx) {
  (void)plugin;
  complete_elsewhere(done, ctx);
}

const remit_plugin_v1 *remit_plugin_main_v1(const remit_host_v1 *given) {
  if (!given || given->abi != REMIT_ABI_V1 || given->size != sizeof(remit_host_v1)) return NULL;
  host = given;
  Remit__Plugin__V1__Manifest manifest = REMIT__PLUGIN__V1__MANIFEST__INIT;
  Remit__Plugin__V1__Migration first = REMIT__PLUGIN__V1__MIGRATION__INIT, second = REMIT__PLUGIN__V1__MIGRATION__INIT;
  Remit__Plugin__V1__Migration *migrations[] = {&first, &second};
  Remit__Plugin__V1__Subscription merges = REMIT__PLUGIN__V1__SUBSCRIPTION__INIT, items = REMIT__PLUGIN__V1__SUBSCRIPTION__INIT;
  Remit__Plugin__V1__Subscription *subscriptions[] = {&merges, &items};
  char *services[] = {"remit.notes.v1.NotesService"}, *calls[] = {"remit.ledger.v1.LedgerService", "remit.notes.v1.NotesService"};
  manifest.name = "notes";
  manifest.version = "1.0.0";
  manifest.descriptors = (ProtobufCBinaryData){(size_t)(descriptors_end - descriptors), (uint8_t *)descriptors};
  manifest.services = services;
  manifest.n_services = 1;
  manifest.calls = calls;
  manifest.n_calls = 2;
  first.number = 1;
  first.name = "0001_note";
  first.sql = (char *)migration_note; /* the byte after it is 0 */
  second.number = 2;
  second.name = "0002_owed";
  second.sql = (char *)migration_owed;
  manifest.migrations = migrations;
  manifest.n_migrations = 2;
  merges.event = "remit.ledger.v1.CustomersMerged";
  items.event = "remit.ledger.v1.ItemChanged";
  merges.method = items.method = SERVICE "TakeEvent";
  manifest.subscriptions = subscriptions;
  manifest.n_subscriptions = 2;
  char *reads[] = {"ledger.customer_v1"};
  manifest.reads = reads;
  manifest.n_reads = 1;
  manifest.events_from_beginning = 1;
  manifest.wake = SERVICE "Remind";
  Remit__Plugin__V1__DocumentKind rules = REMIT__PLUGIN__V1__DOCUMENT_KIND__INIT, *kinds[] = {&rules};
  rules.kind = "note_rule";
  rules.message = "remit.notes.v1.NoteRule";
  rules.check = SERVICE "CheckDocuments";
  manifest.document_kinds = kinds;
  manifest.n_document_kinds = 1;
  static remit_plugin_v1 plugin = {
      sizeof plugin, REMIT_ABI_V1, NULL, {NULL, 0}, on_start, on_invoke, on_cancel, on_stop,
  };
  plugin.manifest = pack(&manifest.base); /* lives as long as the process */
  return &plugin;
}
