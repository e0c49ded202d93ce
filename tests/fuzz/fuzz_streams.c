/*
 * Streams of events, and all that can happen to them. Each byte of the input is something that
 * happens, and to whom; readers check what they get against the last thing they got.
 *
 * However it goes: nobody is told the same twice in a row, everybody is told the last state, and
 * who comes back with the last id is told nothing.
 */
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "streams.h"

#define NOW          1700000000
#define JID_COUNT    4
#define READER_COUNT 4

/* One that reads a stream: its end of the socket, and what it was told last. */
struct reader {
    bool is_open;
    bool is_any;
    int fd;
    struct xs_connection connection;
    char said[JID_COUNT][64]; /* of each JID, or of `any` in the first */
    char id[XS_EVENT_ID_SIZE];
};

static struct xs_streams *streams;
static struct xs_metrics metrics;
static struct reader readers[READER_COUNT];
static struct xs_lookup lookups[JID_COUNT];
static int64_t now_ms;

static void make_lookups(void)
{
    static const char *const jids[JID_COUNT] = {"a@b.example", "b@b.example", "a@c.example", NULL};

    for (size_t i = 0; i < JID_COUNT; i++) {
        lookups[i] = (struct xs_lookup){
            .facts = {.domain_publish = {.setting = XS_PUBLISH_YES},
                      .lease = {.exists = true, .until_s = NOW + 30},
                      .record = XS_RECORD_SOUND,
                      .presence = {.available = true, .last_s = XS_LAST_UNKNOWN}}};
        if (jids[i] != NULL)
            FUZZ_CHECK(xs_jid_parse(jids[i], strlen(jids[i]), &lookups[i].jid) == XS_OK);
    }
}

/* Which JID an event is about; the last one is none. */
static size_t find_jid(const char *data)
{
    for (size_t i = 0; i + 1 < JID_COUNT; i++)
        if (strstr(data, lookups[i].jid.bare) != NULL)
            return i;
    return JID_COUNT - 1;
}

static void take_event(struct reader *reader, const char *id, const char *data)
{
    char *said = reader->said[reader->is_any ? 0 : find_jid(data)];

    FUZZ_CHECK(xs_event_id_is_valid(id, reader->is_any ? 1 : JID_COUNT));
    FUZZ_CHECK(strcmp(said, data) != 0);
    FUZZ_CHECK(strlen(data) < sizeof reader->said[0]);
    strcpy(said, data);
    strcpy(reader->id, id);
}

/* Takes the text of the answer: events, and what comes between them. */
static size_t take_text(struct reader *reader, char *text)
{
    char *body = strstr(text, "\r\n\r\n");
    size_t count = 0;

    text = body != NULL ? body + 4 : text;
    for (char *end; (end = strstr(text, "\n\n")) != NULL; text = end + 2) {
        char *data = strstr(text, "\ndata: ");

        *end = '\0';
        if (data == NULL || data > end) {
            FUZZ_CHECK(strncmp(text, "retry: ", 7) == 0 || strcmp(text, ":") == 0);
            continue;
        }
        FUZZ_CHECK(strncmp(text, "id: ", 4) == 0);
        *data = '\0';
        take_event(reader, text + 4, data + strlen("\ndata: "));
        count++;
    }
    FUZZ_CHECK(*text == '\0');
    return count;
}

/* Reads what has come. Returns the number of events. */
static size_t read_all(struct reader *reader)
{
    static unsigned char wire[1 << 18];
    static char text[1 << 18];
    ssize_t len = recv(reader->fd, wire, sizeof wire, MSG_DONTWAIT);
    size_t text_len = 0;

    for (ssize_t pos = 0; pos < len;) {
        size_t content_len = (size_t)wire[pos + 4] << 8 | wire[pos + 5];

        FUZZ_CHECK(wire[pos + 1] == FCGI_STDOUT && wire[pos + 3] == 7);
        memcpy(text + text_len, wire + pos + FCGI_HEADER_LEN, content_len);
        text_len += content_len;
        pos += FCGI_HEADER_LEN + (ssize_t)content_len;
    }
    text[text_len] = '\0';
    return take_text(reader, text);
}

/* A reader that is told of is new, or comes back with what it has had. */
static void open_reader(struct reader *reader, bool is_any, bool is_back)
{
    struct xs_request request = {.is_stream = true, .is_any = is_any, .jid_count = JID_COUNT};
    struct xs_response head;
    int fds[2];

    if (reader->is_open || metrics.values[XS_METRIC_STREAMS] == READER_COUNT)
        return;
    if (!is_back || is_any != reader->is_any)
        memset(reader, 0, sizeof *reader);
    request.last_event_id = reader->id;
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    xs_connection_open(&reader->connection, fds[0]);
    reader->connection.fcgx.requestId = 7;
    reader->fd = fds[1];
    reader->is_any = is_any;
    reader->is_open = true;
    xs_responder_begin_stream(&head);
    FUZZ_CHECK(xs_streams_open(streams, &reader->connection, &request, lookups, &head, NOW,
                               now_ms) == XS_OK);
    FUZZ_CHECK(read_all(reader) <= (is_any ? 1 : JID_COUNT));
}

static void close_reader(struct reader *reader)
{
    if (!reader->is_open)
        return;
    (void)read_all(reader);
    xs_streams_close(streams, reader->connection.stream);
    xs_connection_close(&reader->connection);
    (void)close(reader->fd);
    reader->is_open = false;
}

static void change(struct xs_lookup *lookup, unsigned how)
{
    struct xs_facts *facts = &lookup->facts;

    switch (how) {
    case 0:
        facts->presence.show = (enum xs_show)((facts->presence.show + 1) % XS_SHOW_COUNT);
        break;
    case 1:
        facts->user_publish.setting =
            facts->user_publish.setting == XS_PUBLISH_NO ? XS_PUBLISH_YES : XS_PUBLISH_NO;
        break;
    case 2: /* the first two are of one domain */
        facts->lease.exists = !facts->lease.exists;
        if (lookup != &lookups[2])
            lookups[0].facts.lease = lookups[1].facts.lease = facts->lease;
        break;
    default:
        lookup->error = lookup->error == XS_OK ? XS_ERROR_TIMEOUT : XS_OK;
    }
}

/* Looks up what has to be, as the batch does: first all for which there is room are taken. */
static bool look_up_some(size_t room)
{
    struct xs_watch *watches[JID_COUNT];
    struct xs_jid jids[JID_COUNT];
    size_t count = 0;

    while (count < room &&
           (watches[count] = xs_watches_next(xs_streams_watches(streams), &jids[count])) != NULL)
        count++;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < JID_COUNT; j++)
            if (strcmp(jids[i].bare, lookups[j].jid.bare) == 0)
                xs_streams_update(streams, watches[i], &lookups[j], NOW, now_ms);
    return count > 0;
}

static void look_up(void)
{
    unsigned rounds = 0;

    while (look_up_some(JID_COUNT))
        FUZZ_CHECK(rounds++ < 100);
}

static void note(const struct xs_jid *jid, enum xs_key_kind kind)
{
    struct xs_key_owner owner = {.kind = kind};
    const char *name = kind == XS_KEY_PRESENCE ? jid->bare : xs_jid_domain(jid);

    owner.name_len = strlen(name);
    strcpy(owner.name, name);
    xs_watches_note(xs_streams_watches(streams), &owner);
}

static void happen(uint8_t what)
{
    unsigned index = what & 3, how = what >> 2 & 3;

    switch (what >> 4) {
    case 0:
    case 1:
        open_reader(&readers[index], (how & 1) != 0, (how & 2) != 0);
        break;
    case 2:
        close_reader(&readers[index]);
        break;
    case 3:
    case 4:
    case 5:
        if (index < JID_COUNT - 1) {
            change(&lookups[index], how);
            note(&lookups[index].jid, (enum xs_key_kind)(how % 3 + 1));
        }
        break;
    case 6:
        xs_watches_note_all(xs_streams_watches(streams));
        break;
    case 7:
        now_ms += 5000;
        xs_streams_tick(streams, how == 0, NOW, now_ms);
        break;
    case 8:
        if (readers[index].is_open)
            (void)read_all(&readers[index]);
        break;
    case 9:
        (void)look_up_some(how + 1);
        break;
    default:
        look_up();
    }
}

/* In the end everybody knows the truth, and who comes back with it is told nothing. */
static void check_end(void)
{
    xs_watches_note_all(xs_streams_watches(streams));
    look_up();
    for (size_t i = 0; i < READER_COUNT; i++) {
        bool is_any = readers[i].is_any;

        if (!readers[i].is_open)
            continue;
        (void)read_all(&readers[i]);
        close_reader(&readers[i]);
        open_reader(&readers[i], is_any, true);
        FUZZ_CHECK(read_all(&readers[i]) == 0);
        close_reader(&readers[i]);
    }
    FUZZ_CHECK(metrics.values[XS_METRIC_STREAMS] == 0);
    FUZZ_CHECK(xs_watches_count(xs_streams_watches(streams)) == 0);
    FUZZ_CHECK(metrics.values[XS_METRIC_STREAMS_DROPPED] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 200)
        return 0; /* the sockets' buffers have room for no more */
    memset(&metrics, 0, sizeof metrics);
    memset(readers, 0, sizeof readers);
    now_ms = 0;
    make_lookups();
    streams = xs_streams_new(READER_COUNT, JID_COUNT, &metrics);
    FUZZ_CHECK(streams != NULL);
    for (size_t i = 0; i < size; i++)
        happen(data[i]);
    check_end();
    xs_streams_free(streams);
    return 0;
}
