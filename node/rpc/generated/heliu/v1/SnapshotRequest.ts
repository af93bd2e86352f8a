// Original file: proto/heliu/v1/catalog.proto


export interface SnapshotRequest {
  'messageId'?: (string);
}

export interface SnapshotRequest__Output {
  'messageId': (string);
}
