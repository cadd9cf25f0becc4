using System.Text;

namespace Registry.AspNetCore.Tokens;

/// <summary>
/// What is inside a token as bytes: short, since a client sends its token with every request, and a server reads it as part of each. The bytes are read only after it is known that a host of the registry wrote them.
/// </summary>
internal static class TokenFormat
{
    // What nearly all types of claims begin with; a type is written as the place of its beginning here, and the rest.
    private static readonly string[] s_beginnings =
    [
        "",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/",
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/",
    ];

    public static byte[] Write(TokenContent content)
    {
        using var bytes = new MemoryStream(256);
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(content.Audience);
            writer.Write(content.Issued.UtcTicks);
            writer.Write(content.Expires.UtcTicks);
            WriteOptional(writer, content.Id);
            WriteOptional(writer, content.Validator);
            WriteOptional(writer, content.NameType);
            WriteOptional(writer, content.RoleType);
            writer.Write7BitEncodedInt(content.Claims.Count);
            foreach (TokenClaim claim in content.Claims)
            {
                WriteClaimType(writer, claim.Type);
                writer.Write(claim.Value);
            }

            writer.Write7BitEncodedInt(content.Scopes.Count);
            foreach (TokenScope scope in content.Scopes)
            {
                WriteOptional(writer, scope.Feed);
                WriteOptional(writer, scope.Repository);
                writer.Write7BitEncodedInt((int)scope.Actions);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="EndOfStreamException">The bytes end too early.</exception>
    /// <exception cref="FormatException">The bytes are something else.</exception>
    public static TokenContent Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, writable: false), Encoding.UTF8);
        return new TokenContent
        {
            Audience = reader.ReadString(),
            Issued = ReadTime(reader),
            Expires = ReadTime(reader),
            Id = ReadOptional(reader),
            Validator = ReadOptional(reader),
            NameType = ReadOptional(reader),
            RoleType = ReadOptional(reader),
            Claims = ReadMany(reader, static reader => new TokenClaim(ReadClaimType(reader), reader.ReadString())),
            Scopes = ReadMany(reader, static reader => new TokenScope(ReadOptional(reader), ReadOptional(reader), (TokenActions)reader.Read7BitEncodedInt())),
        };
    }

    private static T[] ReadMany<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        int count = reader.Read7BitEncodedInt();
        if (count < 0 || count > reader.BaseStream.Length)
        {
            throw new FormatException("The token says that it holds more than it has room for.");
        }

        var items = new T[count];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = read(reader);
        }

        return items;
    }

    private static DateTimeOffset ReadTime(BinaryReader reader)
    {
        long ticks = reader.ReadInt64();
        return ticks >= DateTimeOffset.MinValue.UtcTicks && ticks <= DateTimeOffset.MaxValue.UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : throw new FormatException("The token has no time where one belongs.");
    }

    private static void WriteOptional(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null)
        {
            writer.Write(text);
        }
    }

    private static string? ReadOptional(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    private static void WriteClaimType(BinaryWriter writer, string type)
    {
        int beginning = Array.FindLastIndex(s_beginnings, beginning => type.StartsWith(beginning, StringComparison.Ordinal));
        writer.Write((byte)beginning);
        writer.Write(type[s_beginnings[beginning].Length..]);
    }

    private static string ReadClaimType(BinaryReader reader)
    {
        byte beginning = reader.ReadByte();
        return beginning < s_beginnings.Length ? s_beginnings[beginning] + reader.ReadString() : throw new FormatException("The token has a type of claim that begins like none known.");
    }
}
