// Original file: proto/heliu/v1/catalog.proto


export interface ChainedChange {
  'sequence'?: (string);
  'change'?: (string);
  'salt'?: (string);
  'hash'?: (string);
  '_change'?: "change";
  '_salt'?: "salt";
}

export interface ChainedChange__Output {
  'sequence': (string);
  'change'?: (string);
  'salt'?: (string);
  'hash': (string);
  '_change'?: "change";
  '_salt'?: "salt";
}
