using System.Reflection;

namespace Registry.AspNetCore.Tests.PublicApi;

/// <summary>Writes types as C# does, with the nullability that callers see.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(double)] = "double",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(void)] = "void",
    };

    public static string Of(ParameterInfo parameter) => Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));

    public static string Of(PropertyInfo property) => Of(property.PropertyType, new NullabilityInfoContext().Create(property));

    public static string Of(FieldInfo field) => Of(field.FieldType, new NullabilityInfoContext().Create(field));

    /// <summary>A type where it is declared: with its outer types and its parameters' names.</summary>
    public static string Declared(Type type)
    {
        string name = Plain(type);
        if (type.IsGenericTypeDefinition)
        {
            name += $"<{string.Join(", ", type.GetGenericArguments().Select(static argument => argument.Name))}>";
        }

        return type.DeclaringType is { } outer ? $"{Declared(outer)}.{name}" : name;
    }

    public static string Plain(Type type) => type.Name.Split('`')[0];

    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability?.ElementType ?? nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return $"{Of(value, nullability)}?";
        }

        string mark = !type.IsValueType && (nullability?.ReadState ?? NullabilityState.NotNull) == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword + mark;
        }

        string name = Plain(type);
        if (type.IsGenericType)
        {
            Type[] arguments = type.GetGenericArguments();
            NullabilityInfo[] states = nullability?.GenericTypeArguments ?? [];
            name += $"<{string.Join(", ", arguments.Select((argument, i) => Of(argument, i < states.Length ? states[i] : null)))}>";
        }

        return (type is { IsNested: true, IsGenericParameter: false } ? $"{Plain(type.DeclaringType!)}.{name}" : name) + mark;
    }
}
