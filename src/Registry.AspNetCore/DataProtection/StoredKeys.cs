using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Registry.Model;
using Registry.Storage;

namespace Registry.AspNetCore.DataProtection;

/// <summary>
/// Keeps Data Protection's keys in a registry's store, an object for each, so that every process with the same store takes the tokens of the others.
/// </summary>
/// <remarks>
/// Data Protection asks for its keys synchronously: once when the first token is made or read, then about once a day. It alone decides when keys are made anew.
/// </remarks>
internal sealed class StoredKeys(IObjectStore store, Ulid ids) : IXmlRepository
{
    private const string Prefix = "auth/data-protection/";

    public IReadOnlyCollection<XElement> GetAllElements() => Wait(ReadAllAsync);

    // Data Protection names a key by its own id, and never writes one again.
    public void StoreElement(XElement element, string friendlyName)
    {
        string key = Prefix + ids.Next();
        byte[] content = Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting));
        Wait(async () => (await store.PutAsync(key, content, PutCondition.IfAbsent, CancellationToken.None).ConfigureAwait(false)).Succeeded);
    }

    private async Task<IReadOnlyCollection<XElement>> ReadAllAsync()
    {
        var elements = new List<XElement>();
        await foreach (string key in store.ListAllAsync(Prefix, CancellationToken.None).ConfigureAwait(false))
        {
            if (await store.GetAsync(key, CancellationToken.None).ConfigureAwait(false) is { } found)
            {
                elements.Add(Parse(found.Content));
            }
        }

        return elements;
    }

    private static XElement Parse(ReadOnlyMemory<byte> content)
    {
        using XmlReader reader = XmlReader.Create(new MemoryStream(content.ToArray()), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        return XElement.Load(reader);
    }

    // The one place where a thread waits for the store: the interface knows no other way, and it is seldom called. The work goes on on other threads, whatever the caller's context.
    private static T Wait<T>(Func<Task<T>> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap().GetAwaiter().GetResult();
}
