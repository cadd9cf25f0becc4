using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Registry.AspNetCore.Http;

/// <summary>
/// Keeps cookies off a registry's answers. A host's cookie scheme renews its cookie while an answer starts, whoever wrote it; that a browser which is signed in to the host looks at the registry is no reason to.
/// </summary>
internal sealed class CookielessResponse : IHttpResponseFeature
{
    private readonly IHttpResponseFeature _inner;

    private CookielessResponse(IHttpResponseFeature inner)
    {
        _inner = inner;
        Headers = new WithoutCookies(inner.Headers);
    }

    public int StatusCode
    {
        get => _inner.StatusCode;
        set => _inner.StatusCode = value;
    }

    public string? ReasonPhrase
    {
        get => _inner.ReasonPhrase;
        set => _inner.ReasonPhrase = value;
    }

    public IHeaderDictionary Headers { get; set; }

    [Obsolete("A part of the interface; bodies are written elsewhere.")]
    public Stream Body
    {
        get => _inner.Body;
        set => _inner.Body = value;
    }

    public bool HasStarted => _inner.HasStarted;

    public void OnStarting(Func<object, Task> callback, object state) => _inner.OnStarting(callback, state);

    public void OnCompleted(Func<object, Task> callback, object state) => _inner.OnCompleted(callback, state);

    /// <summary>Sees to it that the answer sets none, where a request brought some.</summary>
    public static void Ensure(HttpContext context)
    {
        if (context.Request.Headers.Cookie.Count > 0 && context.Features.Get<IHttpResponseFeature>() is { } response and not CookielessResponse)
        {
            response.Headers.Remove(HeaderNames.SetCookie);
            context.Features.Set<IHttpResponseFeature>(new CookielessResponse(response));
            context.Features.Set<IResponseCookiesFeature>(null);
        }
    }

    private sealed class WithoutCookies(IHeaderDictionary inner) : IHeaderDictionary
    {
        public long? ContentLength
        {
            get => inner.ContentLength;
            set => inner.ContentLength = value;
        }

        public ICollection<string> Keys => inner.Keys;

        public ICollection<StringValues> Values => inner.Values;

        public int Count => inner.Count;

        public bool IsReadOnly => inner.IsReadOnly;

        [AllowNull]
        public StringValues this[string key]
        {
            get => inner[key];
            set
            {
                if (!IsCookie(key))
                {
                    inner[key] = value;
                }
            }
        }

        public void Add(string key, StringValues value)
        {
            if (!IsCookie(key))
            {
                ((IDictionary<string, StringValues>)inner).Add(KeyValuePair.Create(key, value));
            }
        }

        public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);

        public void Clear() => inner.Clear();

        public bool Contains(KeyValuePair<string, StringValues> item) => inner.Contains(item);

        public bool ContainsKey(string key) => inner.ContainsKey(key);

        public void CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex) => inner.CopyTo(array, arrayIndex);

        public bool Remove(string key) => inner.Remove(key);

        public bool Remove(KeyValuePair<string, StringValues> item) => inner.Remove(item);

        public bool TryGetValue(string key, out StringValues value) => inner.TryGetValue(key, out value);

        public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => inner.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => inner.GetEnumerator();

        private static bool IsCookie(string key) => key.Equals(HeaderNames.SetCookie, StringComparison.OrdinalIgnoreCase);
    }
}
